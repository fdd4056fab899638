"""What one asks of credits: what there was at the start of every window, what a level leaves, what may be reset."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from gateway.core.credits.burn_down import CreditEvent, burn_down
from gateway.core.credits.grant import CreditGrant
from gateway.core.credits.movements import CreditBalances
from gateway.core.numbers import exact
from gateway.core.periods.period import BillingPeriod


def balances_by_window(
    grants: Sequence[CreditGrant], events: Sequence[CreditEvent], windows: Iterable[BillingPeriod]
) -> tuple[CreditBalances, ...]:
    """The balances at the start of each window, in order of time; each goes on from the one before.

    A grant that starts within a window shows at the start of the next.
    """
    found: list[CreditBalances] = []
    for window in windows:
        opening = found[-1] if found else None
        found.append(burn_down(grants, events, window.start, opening).closing)
    return tuple(found)


@exact
def balance_of_level(
    grants: Iterable[CreditGrant], levels: Iterable[tuple[datetime, Decimal]], instant: datetime
) -> Decimal:
    """What a level in use leaves: the usable grants less the last level before `instant`; below 0 it is overage.

    A meter of the latest value uses nothing up: when its level falls, what is left grows again.
    """
    usable = sum((grant.amount for grant in grants if grant.is_usable(instant)), Decimal(0))
    before = [(at, level) for at, level in levels if at < instant]
    return usable - max(before, default=(instant, Decimal(0)))[1]


@dataclass(frozen=True, slots=True)
class RefusedReset:
    """A reset that may not be; `reason` says why and what would be possible."""

    reason: str


def refused_reset(reset_at: datetime, last_reset_at: datetime, now: datetime | None = None) -> RefusedReset | None:
    """Why usage cannot be reset at `reset_at`: it must be at least a minute after the last, and not in the future."""
    minute, last_minute = _minute(reset_at), _minute(last_reset_at)
    if minute < last_minute:
        return RefusedReset(f"{reset_at} is before the current period, which began at {last_reset_at}; reset after it")
    if minute == last_minute:
        return RefusedReset(f"{reset_at} is in the minute of the last reset, {last_reset_at}; reset a minute later")
    if now is not None and reset_at > now:
        return RefusedReset(f"{reset_at} is in the future; it is {now} now")
    return None


def _minute(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(second=0, microsecond=0)
