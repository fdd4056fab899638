"""Billing periods: anchor + n x interval in the subscription's zone, half-open, without drift."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import InvalidDefinition, InvalidValue
from gateway.core.periods.period import BillingPeriod, BillingSchedule, Interval, IntervalUnit
from gateway.core.time import instant_text
from tests.core.samples import at, instants, local

BOUNDARIES = [
    # zone, anchor on the wall, interval, the boundaries that follow it on the wall
    ("UTC", "2026-01-31", "1 month", "2026-02-28 2026-03-31 2026-04-30 2026-05-31"),
    ("UTC", "2024-01-30", "1 month", "2024-02-29 2024-03-30 2024-04-30"),
    ("UTC", "2024-02-29", "1 year", "2025-02-28 2026-02-28 2027-02-28 2028-02-29"),
    ("UTC", "2026-01-31", "3 month", "2026-04-30 2026-07-31 2026-10-31 2027-01-31"),
    ("UTC", "2025-11-30", "2 month", "2026-01-30 2026-03-30"),
    ("UTC", "2025-11-30", "1 quarter", "2026-02-28 2026-05-30 2026-08-30 2026-11-30"),
    ("UTC", "2025-08-31", "1 half_year", "2026-02-28 2026-08-31 2027-02-28"),
    ("UTC", "2026-01-31", "30 day", "2026-03-02 2026-04-01 2026-05-01"),
    ("UTC", "2026-01-01", "2 week", "2026-01-15 2026-01-29 2026-02-12"),
    ("UTC", "2026-02-27", "1 day", "2026-02-28 2026-03-01 2026-03-02"),
    ("America/New_York", "2026-01-01", "1 month", "2026-02-01 2026-03-01 2026-04-01"),
    ("America/New_York", "2026-03-07T02:30", "1 day", "2026-03-08T03:30 2026-03-09T02:30"),
    ("Asia/Kathmandu", "2026-01-31", "1 month", "2026-02-28 2026-03-31"),
    ("Australia/Lord_Howe", "2026-04-01", "1 week", "2026-04-08 2026-04-15"),
    ("Pacific/Apia", "2011-12-29", "1 month", "2012-01-29 2012-02-29 2012-03-29"),
]


@pytest.mark.parametrize(("zone", "anchor", "interval", "following"), BOUNDARIES)
def test_boundaries_are_the_anchor_plus_whole_intervals(zone: str, anchor: str, interval: str, following: str) -> None:
    schedule = _schedule(zone, anchor, interval)

    found = [schedule.boundary(n + 1) for n in range(len(following.split()))]

    assert found == [local(wall, zone) for wall in following.split()]


LENGTHS = [
    # zone, day, hours that pass
    ("America/New_York", "2026-03-08", 23),
    ("America/New_York", "2026-11-01", 25),
    ("America/New_York", "2026-06-01", 24),
    ("Australia/Lord_Howe", "2026-04-05", Fraction(49, 2)),
    ("Europe/Dublin", "2026-03-29", 23),
    ("UTC", "2026-03-08", 24),
]


@pytest.mark.parametrize(("zone", "day", "hours"), LENGTHS)
def test_a_local_day_is_as_long_as_the_clocks_make_it(zone: str, day: str, hours: int | Fraction) -> None:
    period = _schedule(zone, day, "1 day").period(0)

    assert Fraction(period.length // timedelta(minutes=1), 60) == hours


def test_an_event_on_a_boundary_belongs_to_the_later_period() -> None:
    schedule = _schedule("UTC", "2026-01-01", "1 month")

    before, on = schedule.index_at(at("2026-02-01") - timedelta(microseconds=1)), schedule.index_at(at("2026-02-01"))

    assert (before, on) == (0, 1)
    assert at("2026-02-01") not in schedule.period(0)
    assert at("2026-02-01") in schedule.period(1)


def test_the_anchor_itself_is_a_boundary_even_in_the_second_of_two_equal_hours() -> None:
    anchor = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)  # 01:30 for the second time

    schedule = BillingSchedule(anchor, Interval(IntervalUnit.MONTH), ZoneInfo("America/New_York"))

    assert schedule.period(0).start == anchor


def test_boundaries_before_the_anchor_are_found_too() -> None:
    schedule = _schedule("UTC", "2026-03-31", "1 month")

    assert schedule.period(schedule.index_at(at("2026-02-10"))) == BillingPeriod(at("2026-01-31"), at("2026-02-28"))


@pytest.mark.parametrize(
    ("starts", "ends", "clipped"),
    [
        ("2025-12-15", None, ("2026-01-01", "2026-02-01")),
        ("2026-01-10", None, ("2026-01-10", "2026-02-01")),
        ("2025-12-15", "2026-01-20", ("2026-01-01", "2026-01-20")),
        ("2026-01-10", "2026-01-20", ("2026-01-10", "2026-01-20")),
        ("2026-02-01", None, None),
        ("2025-01-01", "2026-01-01", None),
    ],
)
def test_a_period_is_clipped_to_the_life_of_a_subscription(
    starts: str, ends: str | None, clipped: tuple[str, str] | None
) -> None:
    january = BillingPeriod(at("2026-01-01"), at("2026-02-01"))

    found = january.clip(at(starts), at(ends) if ends else None)

    assert found == (BillingPeriod(at(clipped[0]), at(clipped[1])) if clipped else None)


FOUND = [
    # an instant; at or before it, before it, at or after it, after it
    ("2026-02-10", "2026-01-31", "2026-01-31", "2026-02-28", "2026-02-28"),
    ("2026-02-28", "2026-02-28", "2026-01-31", "2026-02-28", "2026-03-31"),
    ("2026-01-31", "2026-01-31", "2025-12-31", "2026-01-31", "2026-02-28"),
]


@pytest.mark.parametrize(("instant", "at_or_before", "before", "at_or_after", "after"), FOUND)
def test_the_boundaries_around_an_instant_are_found(
    instant: str, at_or_before: str, before: str, at_or_after: str, after: str
) -> None:
    schedule = _schedule("UTC", "2025-10-31", "1 month")

    found = [
        find(at(instant))
        for find in (
            schedule.last_boundary_at_or_before,
            schedule.last_boundary_before,
            schedule.first_boundary_at_or_after,
            schedule.first_boundary_after,
        )
    ]

    assert found == [at(at_or_before), at(before), at(at_or_after), at(after)]


@pytest.mark.parametrize(
    ("instant", "first", "end"), [("2026-03-01", 2, 3), ("2026-03-15", 2, 3), ("2026-02-28", 1, 2)]
)
def test_the_period_that_ended_last_is_found(instant: str, first: int, end: int) -> None:
    schedule = _schedule("UTC", "2026-01-01", "1 month")

    assert schedule.last_ended(at(instant)) == BillingPeriod(at(f"2026-0{first}-01"), at(f"2026-0{end}-01"))


def test_the_first_period_is_short_up_to_the_boundary_that_follows() -> None:
    schedule = _schedule("UTC", "2026-01-31", "1 month")

    first, second = islice(schedule.periods_from(at("2026-02-10")), 2)

    assert (first.start, first.end, second.end) == (at("2026-02-10"), at("2026-02-28"), at("2026-03-31"))


COMPLETED = [
    ("2026-01-10", "2026-01-01", 0),
    ("2026-01-10", "2026-01-10", 0),
    ("2026-01-10", "2026-01-31", 0),
    ("2026-01-10", "2026-02-01", 1),
    ("2026-01-10", "2026-03-15", 2),
    ("2026-02-01", "2026-03-01", 1),
]


@pytest.mark.parametrize(("start", "until", "count"), COMPLETED)
def test_a_period_is_completed_on_the_boundary_that_ends_it(start: str, until: str, count: int) -> None:
    schedule = _schedule("UTC", "2026-01-01", "1 month")

    assert schedule.periods_completed(at(start), at(until)) == count


def test_a_day_that_a_zone_skipped_is_not_completed() -> None:
    schedule = _schedule("Pacific/Apia", "2011-12-28", "1 day")  # 30 December 2011 did not happen there

    start, until = local("2011-12-28", "Pacific/Apia"), local("2012-01-02", "Pacific/Apia")

    assert schedule.periods_completed(start, until) == 4


def test_a_period_of_days_holds_its_first_and_its_last() -> None:
    may = BillingPeriod.of_days(date(2026, 5, 1), date(2026, 5, 31), ZoneInfo("America/New_York"))

    assert may == BillingPeriod(local("2026-05-01"), local("2026-06-01"))
    assert may.days(ZoneInfo("America/New_York")) == 31
    assert may.last_second == local("2026-05-31T23:59:59")


def test_days_are_counted_in_the_zone() -> None:
    # From 16:00 to 02:00 two days later in UTC.
    assert BillingPeriod(local("2026-05-01T12:00"), local("2026-05-02T22:00")).days(ZoneInfo("America/New_York")) == 1


def test_a_share_is_an_exact_fraction_of_the_seconds_that_pass() -> None:
    march = BillingPeriod(local("2026-03-01"), local("2026-04-01"))  # 743 hours in New York
    rest = BillingPeriod(local("2026-03-08"), local("2026-04-01"))

    assert rest.share_of(march) == Fraction(575, 743)


@pytest.mark.parametrize("end", ["2026-01-01", "2025-12-31"])
def test_a_period_ends_after_it_starts(end: str) -> None:
    with pytest.raises(InvalidValue, match="must end after it starts"):
        BillingPeriod(at("2026-01-01"), at(end))


@pytest.mark.parametrize("count", [0, -1, 367])
def test_an_interval_has_a_length_that_can_be_billed(count: int) -> None:
    with pytest.raises(InvalidDefinition) as refusal:
        Interval(IntervalUnit.MONTH, count)

    assert refusal.value.faults == [("interval_count", f"{count} is not 1 to 366")]


@pytest.mark.parametrize("count", [1, 366])
def test_an_interval_is_as_long_as_it_may_be(count: int) -> None:
    assert Interval(IntervalUnit.DAY, count).count == count


FAR_AWAY = [
    # zone, anchor on the wall, interval, an instant on the wall
    ("UTC", "1970-01-31", "1 month", "2099-12-31T12:00"),
    ("UTC", "2099-12-15", "1 month", "1970-03-20"),
    ("UTC", "1970-11-15", "5 month", "2098-07-20"),
    ("UTC", "1970-02-10", "2 quarter", "2098-09-20"),
    ("UTC", "1970-02-10", "3 half_year", "2098-09-20"),
    ("UTC", "1970-02-10", "1 year", "2098-09-20"),
    ("UTC", "1970-02-10", "3 week", "2098-09-20"),
    ("UTC", "1970-02-10", "1 day", "2098-09-20T12:00"),
    ("UTC", "2098-02-10", "45 day", "1971-09-20T12:00"),
    ("America/New_York", "2025-01-15", "1 month", "2026-01-31T22:00"),  # February in UTC
    ("America/New_York", "2025-01-31T22:00", "1 month", "2026-02-28T23:00"),  # anchored in February in UTC
]


@pytest.mark.parametrize(("zone", "anchor", "interval", "instant"), FAR_AWAY)
def test_a_period_is_found_without_walking_there(
    monkeypatch: pytest.MonkeyPatch, zone: str, anchor: str, interval: str, instant: str
) -> None:
    schedule = _schedule(zone, anchor, interval)
    boundary, looked_at = BillingSchedule.boundary, []
    monkeypatch.setattr(BillingSchedule, "boundary", lambda self, n: looked_at.append(n) or boundary(self, n))

    n = schedule.index_at(local(instant, zone))

    assert looked_at == [n, n + 1]


ZONES = ["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia"]
schedules = st.builds(
    BillingSchedule,
    instants("1971-01-01", "2100-01-01"),
    st.builds(Interval, st.sampled_from(IntervalUnit), st.integers(1, 14)),
    st.sampled_from(ZONES).map(ZoneInfo),
)
some_instant = instants("1971-01-01", "2100-01-01")


@given(schedules, some_instant)
def test_every_instant_lies_in_exactly_one_period(schedule: BillingSchedule, instant: datetime) -> None:
    n = schedule.index_at(instant)

    assert instant in schedule.period(n)
    assert schedule.boundary(n - 1) <= schedule.boundary(n) < schedule.boundary(n + 1) <= schedule.boundary(n + 2)


@given(schedules, some_instant)
def test_the_number_of_a_period_is_that_of_the_boundary_it_begins_at(
    schedule: BillingSchedule, instant: datetime
) -> None:
    boundary = schedule.period_at(instant).start

    assert schedule.boundary(schedule.index_at(boundary)) == boundary


@given(schedules, some_instant)
def test_periods_follow_each_other_without_gap_or_overlap(schedule: BillingSchedule, instant: datetime) -> None:
    periods = list(islice(schedule.periods_from(instant), 5))

    assert periods[0].start == instant
    assert all(one.end == other.start for one, other in pairwise(periods))
    assert schedule.periods_completed(instant, periods[-1].end) == len(periods)


def test_a_local_day_that_a_zone_skipped_is_no_period() -> None:
    schedule = _schedule("Pacific/Apia", "2011-12-28", "1 day")  # 30 December 2011 did not happen there

    periods = {schedule.period(schedule.index_at(at("2011-12-28") + timedelta(hours=h))) for h in range(12, 96)}

    assert sorted(instant_text(period.start)[:13] for period in periods) == [
        "2011-12-28T10",
        "2011-12-29T10",
        "2011-12-30T10",
        "2011-12-31T10",
    ]


def _schedule(zone: str, anchor: str, interval: str) -> BillingSchedule:
    count, unit = interval.split()
    return BillingSchedule(local(anchor, zone), Interval(IntervalUnit(unit), int(count)), ZoneInfo(zone))
