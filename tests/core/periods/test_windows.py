"""Windows of time as a zone's clocks show them."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import InvalidValue
from gateway.core.periods.period import BillingPeriod
from gateway.core.periods.windows import (
    Window,
    span_around,
    span_through,
    split,
    window_at,
    windows_from,
    windows_max,
)
from tests.core.samples import at, local


def span(start: str, end: str) -> BillingPeriod:
    return BillingPeriod(*(datetime.fromisoformat(each).astimezone(UTC) for each in (start, end)))


def hours(windows: list[BillingPeriod]) -> list[float]:
    return [window.length / timedelta(hours=1) for window in windows]


@pytest.mark.parametrize(
    ("zone", "window", "start", "end", "expected"),
    [
        ("UTC", Window.DAY, "2026-01-01T00:00+00:00", "2026-01-03T00:00+00:00", [24, 24]),
        ("UTC", Window.DAY, "2026-01-01T06:00+00:00", "2026-01-02T03:00+00:00", [18, 3]),
        ("Europe/Berlin", Window.DAY, "2026-03-28T00:00+01:00", "2026-03-31T00:00+02:00", [24, 23, 24]),
        ("Europe/Berlin", Window.DAY, "2026-10-24T00:00+02:00", "2026-10-27T00:00+01:00", [24, 25, 24]),
        ("America/New_York", Window.HOUR, "2026-11-01T00:00-04:00", "2026-11-01T03:00-05:00", [1, 1, 1, 1]),
        ("America/New_York", Window.HOUR, "2026-03-08T00:00-05:00", "2026-03-08T04:00-04:00", [1, 1, 1]),
        ("Asia/Kolkata", Window.HOUR, "2026-01-01T00:00+00:00", "2026-01-01T02:00+00:00", [0.5, 1, 0.5]),
        ("UTC", Window.MONTH, "2026-01-31T00:00+00:00", "2026-03-02T00:00+00:00", [24, 28 * 24, 24]),
        ("UTC", None, "2026-01-31T00:00+00:00", "2026-02-01T12:00+00:00", [36]),
        # Samoa skipped 30 December 2011.
        ("Pacific/Apia", Window.DAY, "2011-12-29T00:00-10:00", "2012-01-01T00:00+14:00", [24, 24]),
        # Lord Howe Island puts its clocks back by half an hour at 02:00.
        ("Australia/Lord_Howe", Window.HOUR, "2026-04-05T00:00+11:00", "2026-04-05T03:00+10:30", [1, 1, 0.5, 1]),
        # Venezuela put its clocks forward by half an hour at 02:30.
        ("America/Caracas", Window.HOUR, "2016-05-01T01:00-04:30", "2016-05-01T05:00-04:00", [1, 0.5, 1, 1]),
        # Not at the hour, and to the microsecond: an hour ends with its last instant.
        ("UTC", Window.HOUR, "2026-01-01T14:59:01+00:00", "2026-01-01T16:00+00:00", [59 / 3600, 1]),
    ],
)
def test_windows_have_the_length_that_clocks_give_them(zone, window, start, end, expected) -> None:
    assert hours(split(span(start, end), window, ZoneInfo(zone))) == expected


def test_there_is_a_limit_to_windows() -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    most = BillingPeriod(start, start + windows_max * timedelta(hours=1))

    assert len(split(most, Window.HOUR, ZoneInfo("UTC"))) == windows_max
    with pytest.raises(InvalidValue, match="More than 10000 windows"):
        split(BillingPeriod(start, most.end + timedelta(seconds=1)), Window.HOUR, ZoneInfo("UTC"))


ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Caracas", "America/St_Johns"]
CLOCK_CHANGES = [
    datetime(2016, 5, 1, 7, tzinfo=UTC),  # Caracas
    datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe
    datetime(2026, 11, 1, 6, tzinfo=UTC),  # New York
    datetime(1988, 4, 3, 3, 31, tzinfo=UTC),  # St John's, by two hours
]
SECONDS = st.integers(0, 2_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
NEAR_CHANGES = st.builds(
    lambda change, seconds: change + timedelta(seconds=seconds),
    st.sampled_from(CLOCK_CHANGES),
    st.integers(-7_200, 7_200),
)
INSTANTS = SECONDS | NEAR_CHANGES


@given(INSTANTS, st.integers(1, 5 * 86_400), st.sampled_from(ZONES), st.sampled_from(list(Window)))
def test_windows_cover_the_span_once(start: datetime, seconds: int, zone: str, window: Window) -> None:
    whole = BillingPeriod(start, start + timedelta(seconds=seconds))

    windows = split(whole, window, ZoneInfo(zone))

    assert (windows[0].start, windows[-1].end) == (whole.start, whole.end)
    assert all(one.end == other.start for one, other in pairwise(windows))


@given(INSTANTS, st.integers(1, 5 * 86_400), st.sampled_from(ZONES), st.sampled_from(list(Window)))
def test_an_instant_is_in_the_window_that_a_span_is_split_into(
    start: datetime, seconds: int, zone: str, window: Window
) -> None:
    whole = BillingPeriod(start, start + timedelta(seconds=seconds))
    edges = [
        (instant, index)
        for index, one in enumerate(split(whole, window, ZoneInfo(zone)))
        for instant in (one.start, one.end - timedelta(microseconds=1))
    ]

    named = [(window_at(instant, window, ZoneInfo(zone)), index) for instant, index in edges]

    assert len({name for name, _ in named}) == len({index for _, index in named}) == len(set(named))


@given(INSTANTS, st.sampled_from(ZONES), st.sampled_from(list(Window)))
def test_a_span_around_an_instant_begins_and_ends_with_its_window(instant: datetime, zone: str, window: Window) -> None:
    around = span_around([instant], window, ZoneInfo(zone))

    last = around.end - timedelta(microseconds=1)
    assert instant in around
    assert around.start == window_at(instant, window, ZoneInfo(zone)) == window_at(last, window, ZoneInfo(zone))


def test_windows_go_on_without_end() -> None:
    found = islice(windows_from(local("2026-01-31T06:00"), Window.DAY, ZoneInfo("America/New_York")), 3)

    assert hours(list(found)) == [18, 24, 24]


def test_a_span_around_instants_has_the_whole_days_of_the_zone() -> None:
    instants = [local("2026-01-31T22:00"), local("2026-01-30T06:00")]

    around = span_around(instants, Window.DAY, ZoneInfo("America/New_York"))

    assert around == BillingPeriod(local("2026-01-30"), local("2026-02-01"))


# St John's put its clocks back at a minute past midnight, so that the last hour of the day before came again.
@pytest.mark.parametrize(
    ("instant", "window", "start"),
    [
        ("2010-11-07T02:29:59+00:00", Window.DAY, "2010-11-06T02:30+00:00"),
        ("2010-11-07T02:30:30+00:00", Window.DAY, "2010-11-07T02:30+00:00"),
        ("2010-11-07T02:45:00+00:00", Window.DAY, "2010-11-07T02:30+00:00"),
        ("2009-11-01T02:45:00+00:00", Window.MONTH, "2009-11-01T02:30+00:00"),
        ("2009-11-01T02:29:59+00:00", Window.MONTH, "2009-10-01T02:30+00:00"),
    ],
)
def test_a_day_that_has_begun_goes_on_when_clocks_go_back_over_its_midnight(
    instant: str, window: Window, start: str
) -> None:
    found = window_at(datetime.fromisoformat(instant), window, ZoneInfo("America/St_Johns"))

    assert found == datetime.fromisoformat(start)


def test_a_span_through_a_second_includes_it() -> None:
    through = span_through(at("2026-01-01"), at("2026-01-31T23:59:59.5"))

    assert through == BillingPeriod(at("2026-01-01"), at("2026-02-01"))
