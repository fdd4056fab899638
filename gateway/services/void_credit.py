"""Take credit back: an amount in the order of use, or one grant."""

from decimal import Decimal

from gateway.core.credits.burn_down import CreditVoid
from gateway.core.credits.grant import Ending
from gateway.core.credits.movements import CreditMovement
from gateway.core.credits.wallet import WalletAccount
from gateway.core.errors import InvalidValue, NotFound
from gateway.core.faults import text_fault
from gateway.core.ports.storage import UnitOfWork
from gateway.services.installation import Installation
from gateway.services.move_credit import BeyondCredit, brought_up_to_date, record
from gateway.services.remember import once


def void_credit(
    installation: Installation,
    caller_id: str,
    wallet_id: str,
    reason: str,
    idempotency_key: str,
    amount: Decimal | None = None,
    grant: str | None = None,
) -> str:
    """Void `amount` credits of a wallet, or of one of its grants; without an amount all that the grant has left.

    Once for each key; the id of the wallet. A grant that is voided whole gives nothing any more, also if it had not
    begun. Raises `BeyondCredit` for more than there is, `NotFound`, `InvalidValue`, and what `once` raises.
    """
    if fault := text_fault(reason):
        raise InvalidValue(f"The reason to void credit {fault}")
    request = {"mutation": "voidCredit", "wallet": wallet_id, "reason": reason, "amount": amount, "grant": grant}

    def work(unit: UnitOfWork) -> str:
        now = installation.business_clock.now()
        account = brought_up_to_date(unit, unit.credits.lock_wallet(wallet_id, [grant] if grant else ()), now)
        if grant is not None and grant not in {one.id for one in account.grants}:
            raise NotFound(f"Wallet {wallet_id!r} has no grant {grant!r}")
        if amount is not None:
            _void_amount(unit, installation, account, amount, grant)
        elif grant is not None:
            void_grant(unit, account, grant)
        else:
            raise InvalidValue("Nothing says how much to void; give an amount, or a grant, or both")
        return wallet_id

    return once(installation, caller_id, idempotency_key, request, work)


def _void_amount(
    unit: UnitOfWork, installation: Installation, account: WalletAccount, amount: Decimal, grant: str | None
) -> None:
    worth = account.wallet.worth_of_named(amount)
    void = CreditVoid(installation.ids.new("cvd"), account.balances.at, Decimal(worth.amount_minor))
    after, run = account.voided(void, grant)
    for refused in run.refused:
        raise BeyondCredit.of(account.wallet, refused)
    record(unit, after, run.movements, void.at)


def void_grant(unit: UnitOfWork, account: WalletAccount, grant_id: str) -> None:
    """Void all that a grant of a locked wallet, brought up to date, has left; it gives nothing any more."""
    now, left = account.balances.at, account.balances.of(grant_id)
    movements: tuple[CreditMovement, ...] = ()
    if left:
        account, run = account.voided(CreditVoid(f"void:{grant_id}", now, left), grant_id)
        movements = run.movements
    unit.credits.end_grant(grant_id, now, Ending.VOIDED)
    record(unit, account.without(grant_id), movements, now)
