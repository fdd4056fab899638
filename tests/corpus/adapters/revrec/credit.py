"""The credit of a customer: a wallet for everything, and one for each feature that credit or usage is only for."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from gateway.core.credits.burn_down import BurnDown, CreditUse
from gateway.core.credits.entries import credit_entries
from gateway.core.credits.funding import last_of
from gateway.core.credits.grant import CreditCategory, CreditGrant
from gateway.core.credits.movements import CreditBalances, CreditMovement, MovementKind
from gateway.core.credits.purchases import grants_of_purchase
from gateway.core.credits.settlement import (
    CreditScope,
    LineKind,
    PayableLine,
    WalletBalance,
    paid_by_wallet,
    pay_from_wallets,
)
from gateway.core.credits.wallet import Wallet, WalletAccount
from gateway.core.ledger import Transfer
from tests.corpus.adapters.revrec.deliveries import ALL, instant
from tests.corpus.adapters.revrec.standing import CURRENCY, CUSTOMER, minor
from tests.corpus.given import Given, UnknownKind

_EVERYTHING, _THE_FEATURE = "unlimited", "the feature"
_LATER = datetime(2027, 1, 1, tzinfo=UTC)
_SETTLEMENTS = (None, "credit_only")


class Credit:
    """Wallets, with every movement that a use caused, and every transfer of theirs."""

    def __init__(self) -> None:
        self.transfers: list[Transfer] = []
        self.uses: dict[str, list[CreditMovement]] = {}
        self._accounts: dict[str, WalletAccount] = {}
        self._movements: dict[str, list[CreditMovement]] = {}

    def grant(self, ordinal: int, event: Given, amount: str) -> None:
        """Credit is there, and nobody says how it came."""
        if minor(amount):
            self._add(ordinal, event, amount, CreditCategory.PAID)

    def promote(self, ordinal: int, event: Given, amount: str) -> None:
        """Credit is given away."""
        self._add(ordinal, event, amount, CreditCategory.PROMOTIONAL)

    def purchase(self, ordinal: int, event: Given, amount: str) -> tuple[str, ...]:
        """Credit is bought."""
        self._add(ordinal, event, amount, CreditCategory.PAID)
        return "at_purchase", "now"

    def use(self, ordinal: int, event: Given, amount: str) -> None:
        """Usage is paid from credit, and what that does not cover is overdrawn."""
        if event.take("settlement") not in _SETTLEMENTS:
            raise UnknownKind("usage that is not paid by credit")
        feature = event.take("feature")
        if feature is not None or not self._accounts:
            self._account(feature or _EVERYTHING)
        line = PayableLine(Decimal(minor(amount)), LineKind.USAGE, feature or _THE_FEATURE)
        *covering, last = (one for one in self._accounts.values() if one.wallet.scope.covers(line))
        # The last of them may be overdrawn.
        balances = [*(_balance(one, one.balance.amount_minor) for one in covering), _balance(last, ALL)]
        for name, paid in paid_by_wallet(pay_from_wallets([line], balances, CURRENCY)).items():
            use = CreditUse(f"use {ordinal}", instant(ordinal), Decimal(paid))
            self._after(name, *self._brought(name, instant(ordinal)).used(use))

    def correct(self, ordinal: int, event: Given, amount: str) -> tuple[str, ...]:
        """Some of the last usage was none."""
        cause = next(reversed(self.uses))
        moved = {name: [one for one in self._movements[name] if one.cause == cause] for name in self._accounts}
        taken = {name: Decimal(_paid(movements)) for name, movements in moved.items()}
        for name, part in last_of(taken, Decimal(minor(amount.removeprefix("-")))).items():
            assert name is not None, "every wallet has a name"
            self._after(name, *self._brought(name, instant(ordinal)).given_back(cause, moved[name], part))
        return ("after_correction",)

    def left(self) -> Mapping[str, Decimal]:
        """What wallets have, by whether they are for everything."""
        return {
            f"credit_{_EVERYTHING if name == _EVERYTHING else 'limited'}": account.balance.amount
            for name, account in self._accounts.items()
        }

    def expiring(self) -> int:
        """What will expire if nothing else happens."""
        runs = [account.brought_to(_LATER)[1] for account in self._accounts.values()]
        return int(next((run.moved(MovementKind.EXPIRED) for run in runs), Decimal(0)))

    def bring_to_end(self) -> None:
        """Let all begin and expire that is due."""
        for name in self._accounts:
            self._brought(name, _LATER)

    def _add(self, ordinal: int, event: Given, amount: str, category: CreditCategory) -> None:
        now, name = instant(ordinal), event.take("only_for") or _EVERYTHING
        expires_at, begins_at = (_LATER if event.take(field) else None for field in ("expires", "effective"))
        bought = CreditGrant(
            f"grant {ordinal}", Decimal(minor(amount)), begins_at or now, expires_at=expires_at, category=category
        )
        for grant in grants_of_purchase(bought, self._account(name).balances.overage, now):
            self._accounts[name] = self._accounts[name].granted(grant)
            self._brought(name, now)

    def _account(self, name: str) -> WalletAccount:
        if name not in self._accounts:
            scope = CreditScope() if name == _EVERYTHING else CreditScope(meters=frozenset({name}))
            opened = instant(0)
            key = name.replace(" ", "-")
            wallet = Wallet(name, CUSTOMER, key, CURRENCY, opened, scope=scope)
            self._accounts[name] = WalletAccount(wallet, (), CreditBalances(opened))
            self._movements[name] = []
        return self._accounts[name]

    def _brought(self, name: str, at: datetime) -> WalletAccount:
        self._after(name, *self._account(name).brought_to(at))
        return self._accounts[name]

    def _after(self, name: str, account: WalletAccount, run: BurnDown) -> None:
        known = self._movements[name]
        first = len([*known, None])
        for entry in credit_entries(account.wallet, account.grants, run.opening, run.movements, first, run.closing.at):
            self.transfers.extend(entry.transfers)
        self._accounts[name] = account
        known.extend(run.movements)
        for one in run.movements:
            if one.cause is not None:
                self.uses.setdefault(one.cause, []).append(one)


def _balance(account: WalletAccount, balance: int) -> WalletBalance:
    wallet = account.wallet
    return WalletBalance(wallet.id, wallet.currency, balance, wallet.priority, wallet.created_at, wallet.scope)


def _paid(movements: Sequence[CreditMovement]) -> Decimal:
    return BurnDown(CreditBalances(_LATER), tuple(movements), CreditBalances(_LATER)).used
