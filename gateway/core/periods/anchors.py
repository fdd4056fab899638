"""Anchors: from which instant a subscription's periods are counted, by the calendar, its own start or a chosen day."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from enum import IntEnum
from itertools import takewhile
from zoneinfo import ZoneInfo

from gateway.core.errors import InvalidValue
from gateway.core.periods.period import MONTHS, BillingSchedule, Interval, IntervalUnit, step
from gateway.core.time import LATEST, local_date, local_instant

# Twelve steps of any number of months meet every length of month that they ever do, but for leap years far away.
_steps_max = 12


class Weekday(IntEnum):
    """Days of the week, numbered as `date.weekday` does."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


def calendar_schedule(
    instant: datetime, interval: Interval, zone: ZoneInfo, week_starts_on: Weekday = Weekday.MONDAY
) -> BillingSchedule:
    """Periods by the calendar: from the local midnight that begins the day, week, month ... year of `instant`."""
    day = local_date(instant, zone)
    return _from_midnight(_calendar_day(day, interval.unit, week_starts_on), interval, zone)


def anniversary_schedule(instant: datetime, interval: Interval, zone: ZoneInfo) -> BillingSchedule:
    """Periods by the day of `instant`: from the local midnight that begins it."""
    return _from_midnight(local_date(instant, zone), interval, zone)


def day_of_month_schedule(day: int, instant: datetime, interval: Interval, zone: ZoneInfo) -> BillingSchedule:
    """Periods that begin on `day` of a month, or on the last day of shorter months; one in the month of `instant`.

    Raises `InvalidValue` for a day that no month has, or an interval that is not of months.
    """
    if interval.unit not in MONTHS:
        raise InvalidValue(f"An interval of {interval.unit}s has no day of the month; use one of months or years")
    if not 1 <= day <= 31:
        raise InvalidValue(f"{day} is not a day of a month; use 1 to 31")
    return _from_midnight(on_day_of_month(local_date(instant, zone), day), interval, zone, day)


def on_day_of_month(month: date, day: int) -> date:
    """`day` in the month of a date, or the month's last day if it is shorter."""
    return month.replace(day=min(day, monthrange(month.year, month.month)[1]))


def _calendar_day(day: date, unit: IntervalUnit, week_starts_on: Weekday) -> date:
    """The first day of the calendar day, week, month, quarter, half-year or year of `day`."""
    if unit is IntervalUnit.DAY:
        return day
    if unit is IntervalUnit.WEEK:
        return day - timedelta(days=(day.weekday() - week_starts_on) % 7)
    months = MONTHS[unit]
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def _from_midnight(first: date, interval: Interval, zone: ZoneInfo, day_of_month: int | None = None) -> BillingSchedule:
    """The schedule with boundaries at local midnight, one of them on `first`.

    All boundaries take their day and time from the anchor. So that is the first boundary which shows both: not one on
    30 April of a schedule for the 31st, and not one on a day that begins at 01:00 because clocks skip midnight.
    """
    midnights = list(_midnights(first, interval, first.day if day_of_month is None else day_of_month))
    is_by_month = interval.unit in MONTHS
    anchor = max(midnights, key=lambda wall: (is_by_month and wall.day, _is_shown(wall, zone)))
    return BillingSchedule(local_instant(anchor, zone), interval, zone)


def _midnights(first: date, interval: Interval, day_of_month: int) -> Iterator[datetime]:
    wall = datetime.combine(first, time())
    following = (step(wall, interval, n, day_of_month) for n in range(_steps_max))
    return takewhile(lambda each: each.year < LATEST.year, following)


def _is_shown(wall: datetime, zone: ZoneInfo) -> bool:
    """Whether clocks in `zone` ever show `wall`."""
    return local_instant(wall, zone).astimezone(zone).replace(tzinfo=None) == wall
