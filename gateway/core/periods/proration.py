"""Proration: which share of a period a part of it is, and what changing a fee in its middle comes to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from gateway.core.numbers import EXACT, round_half_up
from gateway.core.periods.period import BillingPeriod
from gateway.core.time import local_date

_DAYS_OF_A_MONTH = 30


class Proration(StrEnum):
    """By what the parts of a period are measured."""

    SECOND = "second"
    DAY = "day"
    THIRTY_DAY_MONTH = "30/360"


def share_of(part: BillingPeriod, whole: BillingPeriod, by: Proration, zone: ZoneInfo) -> Fraction:
    """How much of `whole` its `part` is, exactly; the shares of parts that tile it sum to 1.

    By day a part has the local days that it begins on, so that the day of a change belongs to what comes after it; by
    30/360 every month has 30 of them, and its 31st is none. A whole without a day is shared by the second.
    """
    if by is Proration.SECOND or not (days := _days(whole, by, zone)):
        return part.share_of(whole)
    return Fraction(_days(part, by, zone), days)


def sharing(by: Proration, zone: ZoneInfo) -> Callable[[BillingPeriod, BillingPeriod], Fraction]:
    """`share_of` by one measure, in one zone."""
    return lambda part, whole: share_of(part, whole, by, zone)


def _days(period: BillingPeriod, by: Proration, zone: ZoneInfo) -> int:
    first, last = local_date(period.start, zone), local_date(period.end, zone)
    return (last - first).days if by is Proration.DAY else _day_of_thirty(last) - _day_of_thirty(first)


def _day_of_thirty(day: date) -> int:
    """The number of a day in a calendar whose months all have 30 days. (30E/360, ISDA 2006 section 4.16 g.)"""
    return (day.year * 12 + day.month) * _DAYS_OF_A_MONTH + min(day.day, _DAYS_OF_A_MONTH)


@dataclass(frozen=True, slots=True)
class FeeChange:
    """What a change of a fee in advance comes to: what of the old one is given back, what of the new one is due."""

    credit: Decimal
    charge: Decimal

    @property
    def net(self) -> Decimal:
        """What the customer owes for the change; negative if it is owed to them."""
        return EXACT.subtract(self.charge, self.credit)


def change_fee(
    old: Decimal,
    new: Decimal,
    unused: Fraction,
    places: int,
    *,
    is_cycle_restarted: bool = False,
    is_usage: bool = False,
) -> FeeChange | None:
    """What changing a price comes to, where the share `unused` of the period is left; None where that is nothing.

    The old fee is credited and the new one charged for that share, each rounded once, half-up, to `places`. Where the
    change restarts the cycle, the new fee is due for a whole period of its own. Usage is counted and never prorated.
    """
    if is_usage or not unused:
        return None
    due = Fraction(1) if is_cycle_restarted else unused
    return FeeChange(round_half_up(Fraction(old) * unused, places), round_half_up(Fraction(new) * due, places))


def unused_share(whole: BillingPeriod, at: datetime, by: Proration, zone: ZoneInfo) -> Fraction:
    """The share of `whole` that is left at an instant: all of it before its start, nothing after its end."""
    left = whole.clip(at, None)
    return share_of(left, whole, by, zone) if left else Fraction(0)
