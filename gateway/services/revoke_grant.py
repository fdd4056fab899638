"""Revoke a credit grant, such as one whose payment was taken back."""

from datetime import datetime
from decimal import Decimal

from gateway.core.credits.grant import CreditCategory, CreditGrant, Ending
from gateway.core.errors import IllegalTransition, InvalidValue
from gateway.core.faults import text_fault
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import instant_text
from gateway.services.installation import Installation
from gateway.services.move_credit import brought_up_to_date, record
from gateway.services.remember import once


def revoke_grant(installation: Installation, caller_id: str, grant_id: str, reason: str, idempotency_key: str) -> str:
    """Take a paid grant back whole, once for each key; the id of its wallet.

    What it has left is void. What was used of it is owed: other credit in the wallet pays it at once, and the next
    grant the rest. Raises `NotFound`, `IllegalTransition` for one that has ended, `InvalidValue` for promotional
    credit, and what `once` raises.
    """
    if fault := text_fault(reason):
        raise InvalidValue(f"The reason to revoke a grant {fault}")
    request = {"mutation": "revokeCreditGrant", "grant": grant_id, "reason": reason}

    def work(unit: UnitOfWork) -> str:
        wallet_id, now = unit.credits.wallet_of_grant(grant_id), installation.business_clock.now()
        account = brought_up_to_date(unit, unit.credits.lock_wallet(wallet_id, [grant_id]), now)
        _require_revocable(next(one for one in account.grants if one.id == grant_id), now)
        after, run = account.revoked(grant_id, Decimal(unit.credits.used_of(wallet_id, grant_id)))
        unit.credits.end_grant(grant_id, after.balances.at, Ending.REVOKED)
        record(unit, after, run.movements, now)
        return wallet_id

    return once(installation, caller_id, idempotency_key, request, work)


def _require_revocable(grant: CreditGrant, now: datetime) -> None:
    if grant.category is CreditCategory.PROMOTIONAL:
        raise InvalidValue(f"Nobody paid for the credit grant {grant.id!r}; void what it has left")
    if grant.ends_at is not None and grant.ends_at <= now:
        raise IllegalTransition(
            f"Credit grant {grant.id!r} ended at {instant_text(grant.ends_at)}; nothing of it can be revoked"
        )
