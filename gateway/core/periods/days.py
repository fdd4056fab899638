"""Local days of a span: which it touches, and for how many of them something is there."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from gateway.core.periods.period import BillingPeriod
from gateway.core.time import MICROSECOND, local_date


def days_of(period: BillingPeriod, zone: ZoneInfo) -> range:
    """The days that a period touches, by their ordinals."""
    return range(_day(period.start, zone), _day(period.end - MICROSECOND, zone) + 1)


def days_from(instant: datetime, period: BillingPeriod, zone: ZoneInfo) -> int:
    """How many days of a period are left from the day of `instant` on, it included; all where it is before."""
    days = days_of(period, zone)
    return days.stop - max(_day(instant, zone), days.start)


def share_by_days(value_days: int | Decimal, days: int) -> Fraction:
    """What values come to by the share of `days` for which they are there: `value_days` has each times its days."""
    return Fraction(value_days) / days


def active_days(operations: Iterable[tuple[datetime, bool]], days: range, zone: ZoneInfo) -> int:
    """For how many of `days` a value is there, whose `operations`, in order, add it or (true) remove it.

    A day counts whole if the value was there at any moment of it; so do the day of adding and the day of removal.
    Adding what is there and removing what is not changes nothing.
    """
    counted, free_from, added_on = 0, days.start, None
    for occurred_at, is_removal in operations:
        day = _day(occurred_at, zone)
        if added_on is None and not is_removal:
            added_on = day
        elif added_on is not None and is_removal:
            counted += len(range(max(added_on, free_from), day + 1))
            free_from, added_on = max(free_from, day + 1), None
    if added_on is not None:
        counted += len(range(max(added_on, free_from), days.stop))
    return counted


def _day(instant: datetime, zone: ZoneInfo) -> int:
    return local_date(instant, zone).toordinal()
