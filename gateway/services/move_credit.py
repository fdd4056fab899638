"""Move credit: bring wallets up to date, and store and post every movement."""

from collections.abc import Sequence
from datetime import datetime

from gateway.core.credits.burn_down import BeyondBalance
from gateway.core.credits.entries import credit_entries
from gateway.core.credits.movements import CreditMovement, balances_before
from gateway.core.credits.wallet import Wallet, WalletAccount
from gateway.core.errors import GatewayError
from gateway.core.money import Money
from gateway.core.ports.storage import UnitOfWork
from gateway.services.installation import Installation

wallets_per_turn = 50


class BeyondCredit(GatewayError):
    """More credit asked for than there is."""

    code = "BEYOND_CREDIT"

    @classmethod
    def of(cls, wallet: Wallet, refused: BeyondBalance) -> "BeyondCredit":
        """The refusal in the money of the wallet."""
        asked, there = (Money(int(amount), wallet.currency) for amount in (refused.asked, refused.available))
        return cls(f"Wallet {wallet.key!r} has {there} {wallet.currency}; {asked} is more: ask for at most that")


def record(
    unit: UnitOfWork, account: WalletAccount, movements: Sequence[CreditMovement], now: datetime
) -> WalletAccount:
    """Store a locked wallet as it is after `movements`, and post each of them as a transfer."""
    first = unit.credits.record(account, movements, now)
    if movements:
        opening = balances_before(account.balances, movements, account.balances.at)
        books = unit.legal_entities.of_customer(account.wallet.customer)
        for entry in credit_entries(account.wallet, account.grants, opening, movements, first, now, books):
            unit.books.post(entry)
    return account


def brought_up_to_date(unit: UnitOfWork, account: WalletAccount, now: datetime) -> WalletAccount:
    """A locked wallet after all that was due by now, stored and posted."""
    current, run = account.brought_to(now)
    return record(unit, current, run.movements, now)


def settle_due_credit(installation: Installation) -> int:
    """Let begin, refill, reset and expire what was due by now in all wallets; how many had something due.

    Each turn takes a few wallets, so that others need not wait long; where nothing is due nothing is written.
    """
    settled = 0
    while installation.storage.read(lambda unit: unit.credits.due_wallets(installation.business_clock.now(), 1)):
        settled += installation.storage.transact(lambda unit: _settle_some(unit, installation))
    return settled


def _settle_some(unit: UnitOfWork, installation: Installation) -> int:
    now = installation.business_clock.now()
    due = unit.credits.due_wallets(now, wallets_per_turn)
    for wallet_id in sorted(due):
        brought_up_to_date(unit, unit.credits.lock_wallet(wallet_id), now)
    return len(due)
