"""Subscriptions: their life, their boundaries, and the periods that tile it."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import InvalidDefinition, InvalidValue
from gateway.core.periods.period import Interval, IntervalUnit
from gateway.core.subscriptions.subscription import Customer, Subscription, boundaries
from gateway.core.time import instant_text
from tests.core.samples import at, instants, local, subscription


def billed_days(until: str, **fields: object) -> list[str]:
    """The local days of the boundaries."""
    billed = subscription(**fields)
    return [f"{each.at.astimezone(billed.zone):%m-%d}" for each in boundaries(billed, at(until))]


def test_boundaries_begin_at_the_start_and_end_with_the_end() -> None:
    assert billed_days("2027-01-01", starts_at=at("2026-01-10"), ends_at=at("2026-03-20")) == [
        "01-10",
        "02-01",
        "03-01",
        "03-20",
    ]


def test_an_end_on_a_boundary_is_billed_once() -> None:
    assert billed_days("2027-01-01", ends_at=at("2026-03-01")) == ["01-01", "02-01", "03-01"]


def test_boundaries_after_the_day_asked_for_are_not_due() -> None:
    assert billed_days("2026-02-28") == ["01-01", "02-01"]
    assert billed_days("2026-03-01") == ["01-01", "02-01", "03-01"]
    assert billed_days("2025-12-31") == []


def test_an_anchor_on_the_31st_returns_to_it() -> None:
    days = billed_days("2026-06-30", starts_at=at("2026-01-31"), anchor=at("2026-01-31"))

    assert days == ["01-31", "02-28", "03-31", "04-30", "05-31", "06-30"]


def test_a_first_period_before_the_anchor_is_short() -> None:
    first, second = list(boundaries(subscription(starts_at=at("2026-01-20")), at("2026-02-01")))

    assert first.started == second.ended
    assert (first.started and first.started.start, first.started_whole and first.started_whole.start) == (
        at("2026-01-20"),
        at("2026-01-01"),
    )


@pytest.mark.parametrize(
    ("instant", "period"),
    [
        ("2025-12-31", None),
        ("2026-01-10", ("2026-01-10", "2026-02-01")),
        ("2026-02-01", ("2026-02-01", "2026-03-01")),
        ("2026-03-19", ("2026-03-01", "2026-03-20")),
        ("2026-03-20", None),
    ],
)
def test_an_instant_has_the_period_that_contains_it_within_the_life(
    instant: str, period: tuple[str, str] | None
) -> None:
    found = subscription(starts_at=at("2026-01-10"), ends_at=at("2026-03-20")).period_at(at(instant))

    assert (found and (found.start, found.end)) == (period and (at(period[0]), at(period[1])))


@pytest.mark.parametrize(
    ("starts", "ends", "overlaps"),
    [
        ("2025-01-01", "2026-01-01", False),
        ("2025-01-01", "2026-01-02", True),
        ("2026-06-01", None, False),
        ("2026-05-31", None, True),
        ("2025-01-01", None, True),
        ("2026-02-01", "2026-03-01", True),
    ],
)
def test_half_open_lives_that_touch_do_not_overlap(starts: str, ends: str | None, overlaps: bool) -> None:
    mine = subscription(ends_at=at("2026-06-01"))

    assert mine.overlaps(at(starts), at(ends) if ends else None) == overlaps


def test_local_midnights_are_the_boundaries_across_changes_of_clocks() -> None:
    new_york = subscription(anchor=local("2026-01-01"), starts_at=local("2026-02-01"), time_zone="America/New_York")

    found = [instant_text(each.at) for each in boundaries(new_york, at("2026-04-30"))]

    assert found == ["2026-02-01T05:00:00Z", "2026-03-01T05:00:00Z", "2026-04-01T04:00:00Z"]


def test_a_day_that_a_zone_skipped_is_not_billed() -> None:
    apia = {"anchor": local("2011-12-28", "Pacific/Apia"), "time_zone": "Pacific/Apia"}

    days = billed_days("2012-01-02", starts_at=apia["anchor"], interval=Interval(IntervalUnit.DAY), **apia)

    assert days == ["12-28", "12-29", "12-31", "01-01", "01-02"]


REFUSED = [
    ({"time_zone": "Mars/Base"}, "is not an IANA time zone"),
    ({"key": ""}, "A subscription's key is empty"),
    ({"customer": " "}, "A subscription's customer is empty"),
    ({"plan": ""}, "A subscription's plan is empty"),
    ({"ends_at": at("2026-01-01")}, "must end after it starts"),
    ({"starts_at": datetime(2026, 1, 1)}, "has no offset"),  # noqa: DTZ001
    ({"anchor": datetime(2026, 1, 1)}, "has no offset"),  # noqa: DTZ001
]


@pytest.mark.parametrize(("fields", "reason"), REFUSED)
def test_a_subscription_that_exists_is_valid(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason):
        subscription(**fields)


@pytest.mark.parametrize("key", ["", " ", "a" * 256, "nul\0", "\ud800"])
def test_a_customer_has_a_key_that_can_be_stored(key: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        Customer("cus_1", key, "United")
    assert [path for path, _ in refused.value.faults] == ["key"]


def test_all_faults_of_a_customer_are_told_at_once() -> None:
    with pytest.raises(InvalidDefinition) as refused:
        Customer("cus_1", "", " ", email="", address=("",), country="Germany", payment_days=-1)

    paths = [path for path, _ in refused.value.faults]
    assert paths == ["key", "name", "email", "address[0]", "country", "payment_days"]


lives = st.builds(
    lambda start, days, anchor, unit, count, zone: subscription(
        starts_at=start,
        ends_at=None if days is None else start + timedelta(days=days, seconds=1),
        anchor=anchor,
        interval=Interval(unit, count),
        time_zone=zone,
    ),
    instants("2020-01-01", "2030-01-01"),
    st.none() | st.integers(0, 900),
    instants("2019-01-01", "2031-01-01"),
    st.sampled_from([IntervalUnit.WEEK, IntervalUnit.MONTH, IntervalUnit.YEAR]),
    st.integers(1, 5),
    st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu", "America/Sao_Paulo"]),
)


@given(lives)
def test_periods_tile_the_life_of_a_subscription(billed: Subscription) -> None:
    until = billed.starts_at + timedelta(days=1000)

    found = list(boundaries(billed, until))

    assert found[0].at == billed.starts_at
    assert found[0].ended is None
    for before, after in pairwise(found):
        assert before.started == after.ended
        assert before.started_whole == after.ended_whole
        assert before.started is not None
        assert (before.started.start, before.started.end) == (before.at, after.at)
        assert billed.period_at(before.at) == before.started
    if billed.ends_at is not None and billed.ends_at <= until:
        assert (found[-1].at, found[-1].started) == (billed.ends_at, None)
