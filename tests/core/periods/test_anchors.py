"""Anchors: by the calendar, by the own start, or on a day of the month."""

from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import InvalidValue
from gateway.core.periods.anchors import (
    Weekday,
    anniversary_schedule,
    calendar_schedule,
    day_of_month_schedule,
)
from gateway.core.periods.period import BillingSchedule, Interval, IntervalUnit
from gateway.core.time import local_date
from tests.core.samples import at, instants, local

CALENDAR = [
    # zone, an instant on the wall, interval, the boundary before it and those that follow
    ("UTC", "2026-05-20T10:00", "1 day", "2026-05-20 2026-05-21 2026-05-22"),
    ("UTC", "2026-05-20T10:00", "1 week", "2026-05-18 2026-05-25 2026-06-01"),
    ("UTC", "2026-05-20T10:00", "1 month", "2026-05-01 2026-06-01"),
    ("UTC", "2026-05-20T10:00", "1 quarter", "2026-04-01 2026-07-01 2026-10-01 2027-01-01"),
    ("UTC", "2026-05-20T10:00", "1 half_year", "2026-01-01 2026-07-01 2027-01-01"),
    ("UTC", "2026-05-20T10:00", "1 year", "2026-01-01 2027-01-01"),
    ("UTC", "2026-05-20T10:00", "2 month", "2026-05-01 2026-07-01"),
    ("America/New_York", "2026-02-20T23:59", "1 month", "2026-02-01 2026-03-01 2026-04-01"),
    ("America/New_York", "2026-01-31T23:59", "2 month", "2026-01-01 2026-03-01"),
    ("Asia/Tokyo", "2026-07-01", "1 half_year", "2026-07-01 2027-01-01"),
    ("Africa/Cairo", "2026-04-24T01:00", "1 day", "2026-04-24T01:00 2026-04-25 2026-04-26"),
]


@pytest.mark.parametrize(("zone", "instant", "interval", "boundaries"), CALENDAR)
def test_calendar_periods_begin_with_the_calendars_own(zone: str, instant: str, interval: str, boundaries: str) -> None:
    schedule = calendar_schedule(local(instant, zone), _interval(interval), ZoneInfo(zone))

    assert _around(schedule, local(instant, zone), boundaries) == [local(wall, zone) for wall in boundaries.split()]


@pytest.mark.parametrize(
    ("week_starts_on", "start"),
    [(Weekday.MONDAY, "2026-05-18"), (Weekday.WEDNESDAY, "2026-05-20"), (Weekday.SUNDAY, "2026-05-17")],
)
def test_a_week_begins_on_the_day_that_is_chosen(week_starts_on: Weekday, start: str) -> None:
    schedule = calendar_schedule(at("2026-05-20"), Interval(IntervalUnit.WEEK), ZoneInfo("UTC"), week_starts_on)

    assert schedule.period_at(at("2026-05-20")).start == at(start)


ANNIVERSARIES = [
    ("UTC", "2024-02-29T17:00", "1 year", "2024-02-29 2025-02-28 2026-02-28 2027-02-28 2028-02-29"),
    ("UTC", "2026-01-31T17:00", "1 month", "2026-01-31 2026-02-28 2026-03-31"),
    ("UTC", "2025-11-30T08:00", "1 quarter", "2025-11-30 2026-02-28 2026-05-30"),
    ("Asia/Tokyo", "2026-01-31T00:30", "1 month", "2026-01-31 2026-02-28"),
    ("UTC", "2026-01-31T08:00", "30 day", "2026-01-31 2026-03-02"),
]


@pytest.mark.parametrize(("zone", "instant", "interval", "boundaries"), ANNIVERSARIES)
def test_anniversaries_are_counted_from_the_day_of_the_start(
    zone: str, instant: str, interval: str, boundaries: str
) -> None:
    schedule = anniversary_schedule(local(instant, zone), _interval(interval), ZoneInfo(zone))

    assert _around(schedule, local(instant, zone), boundaries) == [local(wall, zone) for wall in boundaries.split()]


DAYS_OF_MONTH = [
    # day, an instant in UTC, interval, the boundary before it and those that follow
    (31, "2012-04-30", "1 month", "2012-04-30 2012-05-31 2012-06-30"),
    (30, "2012-02-16", "1 month", "2012-01-30 2012-02-29 2012-03-30"),
    (10, "2021-01-01", "1 quarter", "2020-10-10 2021-01-10 2021-04-10"),
    (31, "2021-02-10", "1 quarter", "2020-11-30 2021-02-28 2021-05-31 2021-08-31"),
    (31, "2021-04-10", "1 half_year", "2020-10-31 2021-04-30 2021-10-31"),
    (1, "2021-01-10", "1 year", "2021-01-01 2022-01-01"),
    (30, "2012-02-16", "1 year", "2011-02-28 2012-02-29 2013-02-28 2014-02-28 2015-02-28 2016-02-29"),
    (31, "2021-04-30", "1 year", "2021-04-30 2022-04-30"),
    (31, "8999-04-10", "1 year", "8998-04-30 8999-04-30"),
]


@pytest.mark.parametrize(("day", "instant", "interval", "boundaries"), DAYS_OF_MONTH)
def test_a_day_of_the_month_is_the_last_one_of_shorter_months(
    day: int, instant: str, interval: str, boundaries: str
) -> None:
    schedule = day_of_month_schedule(day, at(instant), _interval(interval), ZoneInfo("UTC"))

    assert _around(schedule, at(instant), boundaries) == [at(wall) for wall in boundaries.split()]


def test_a_day_of_the_month_is_one_of_the_zone() -> None:
    month, new_york = Interval(IntervalUnit.MONTH), ZoneInfo("America/New_York")

    schedule = day_of_month_schedule(15, local("2026-01-31T22:00"), month, new_york)  # 1 February in UTC

    assert schedule.anchor == local("2026-01-15")


def test_an_anchor_is_not_beyond_the_years_that_there_are() -> None:
    quarter = Interval(IntervalUnit.QUARTER)

    schedule = day_of_month_schedule(31, at("8999-11-10"), quarter, ZoneInfo("UTC"))

    # 31 May 9000 would show the day, but no event can occur then.
    assert schedule.anchor == at("8999-11-30")


@pytest.mark.parametrize("day", [0, 32])
def test_a_day_that_no_month_has_is_refused(day: int) -> None:
    with pytest.raises(InvalidValue, match="is not a day of a month; use 1 to 31"):
        day_of_month_schedule(day, at("2026-01-01"), Interval(IntervalUnit.MONTH), ZoneInfo("UTC"))


def test_weeks_have_no_day_of_the_month() -> None:
    with pytest.raises(InvalidValue, match="An interval of weeks has no day of the month"):
        day_of_month_schedule(1, at("2026-01-01"), Interval(IntervalUnit.WEEK), ZoneInfo("UTC"))


some_instant = instants("1971-01-01", "2100-01-01")
by_month = st.builds(
    Interval,
    st.sampled_from([IntervalUnit.MONTH, IntervalUnit.QUARTER, IntervalUnit.HALF_YEAR, IntervalUnit.YEAR]),
    st.integers(1, 6),
)


@given(st.integers(1, 31), some_instant, by_month)
def test_a_boundary_is_on_its_day_or_on_the_last_of_its_month(day: int, instant: datetime, interval: Interval) -> None:
    zone = ZoneInfo("Europe/Berlin")
    schedule = day_of_month_schedule(day, instant, interval, zone)

    boundaries = [local_date(each.start, zone) for each in islice(schedule.periods_from(schedule.anchor), 12)]

    longest = max(boundary.day for boundary in boundaries)
    assert all(boundary.day <= day for boundary in boundaries)
    assert longest == day or longest >= 28
    assert any((each.year, each.month) == _month(instant, zone) for each in _near(schedule, instant, zone))


def _month(instant: datetime, zone: ZoneInfo) -> tuple[int, int]:
    day = local_date(instant, zone)
    return day.year, day.month


def _near(schedule: BillingSchedule, instant: datetime, zone: ZoneInfo) -> list[datetime]:
    n = schedule.index_at(instant)
    return [schedule.boundary(n + step).astimezone(zone) for step in (0, 1)]


def _interval(text: str) -> Interval:
    count, unit = text.split()
    return Interval(IntervalUnit(unit), int(count))


def _around(schedule: BillingSchedule, instant: datetime, boundaries: str) -> list[datetime]:
    first = schedule.last_boundary_at_or_before(instant)
    return [each.start for each in islice(schedule.periods_from(first), len(boundaries.split()))]
