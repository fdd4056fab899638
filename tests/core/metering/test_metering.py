"""The recount: how events become quantities, and which it leaves out."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.events import LoggedEvent, PropertyValue, UsageEvent
from gateway.core.metering.meter import Aggregation, Filter, Meter, UncountableReason
from gateway.core.metering.recount import CountingScope, CountKey, recount
from gateway.core.numbers import EXACT
from gateway.core.periods.period import BillingPeriod
from tests.core.samples import at, instants, logged, meter, meter_version, month, subscription, usage

JANUARY = month(1)
COUNT, SUM, UNIQUE = Aggregation.COUNT, Aggregation.SUM, Aggregation.UNIQUE_COUNT


def quantities(events: list[UsageEvent], *meters: Meter, period: BillingPeriod = JANUARY) -> dict[object, str]:
    """Quantities by dimension values, or by () where there are none."""
    found = recount([logged(event) for event in events], [CountingScope(subscription(), period, meters)])
    return {tuple(value for _, value in key.dimensions): str(count.quantity) for key, count in found.counts.items()}


def left_out(value: PropertyValue, aggregation: Aggregation = SUM) -> list[UncountableReason]:
    """Why a meter leaves out one event with this value."""
    scope = CountingScope(subscription(), JANUARY, (meter(aggregation),))
    return [item.reason for item in recount([logged(usage(value=value))], [scope]).uncountable]


def test_a_count_counts_events() -> None:
    assert quantities([usage("a"), usage("b"), usage("c")], meter(COUNT)) == {(): "3"}


def test_a_sum_adds_numbers_and_strings_that_hold_numbers_exactly() -> None:
    events = [usage(value=value) for value in (1, "2.5", Decimal("0.000000000001"), Decimal("-1E+1"), "1e2")]

    assert quantities(events, meter(SUM)) == {(): "93.500000000001"}


def test_a_sum_of_38_digits_keeps_them_all() -> None:
    large = "99999999999999999999999999.999999999999"

    assert quantities([usage(value=large)] * 10, meter(SUM)) == {(): "999999999999999999999999999.999999999990"}


def test_a_unique_count_counts_each_value_once_by_its_shortest_text() -> None:
    values: list[PropertyValue] = ["N1", "N1", "N2", 1, Decimal("1.0"), "1", True, "true"]

    assert quantities([usage(value=value) for value in values], meter(UNIQUE)) == {(): "4"}


def test_dimensions_are_counted_apart_and_a_missing_one_is_the_empty_text() -> None:
    events = [usage(origin="JFK"), usage(origin="JFK"), usage(origin="EWR"), usage(), usage(origin=["JFK"])]

    assert quantities(events, meter(COUNT, dimensions=("origin",))) == {("JFK",): "2", ("EWR",): "1", ("",): "2"}


def test_filters_compare_as_text_and_all_must_pass() -> None:
    filters = (Filter("origin", ("JFK", "LGA")), Filter("paid", ("true",)))
    events = [usage(origin="JFK", paid=True), usage(origin="JFK"), usage(origin="EWR", paid=True), usage(paid=True)]

    assert quantities(events, meter(COUNT, filters=filters)) == {(): "1"}


UNCOUNTABLE = [
    # value, aggregation, reason
    (None, SUM, "missing"),
    ("NaN", SUM, "not_a_number"),
    ("Infinity", SUM, "not_a_number"),
    ("twelve", SUM, "not_a_number"),
    ("", SUM, "not_a_number"),
    ("0x10", SUM, "not_a_number"),
    (True, SUM, "not_a_number"),
    ([1], SUM, "not_a_number"),
    ({"n": 1}, SUM, "not_a_number"),
    (10**26, SUM, "too_large"),
    ("1e26", SUM, "too_large"),
    (None, UNIQUE, "missing"),
    ([1], UNIQUE, "not_a_scalar"),
    ({}, UNIQUE, "not_a_scalar"),
]


@pytest.mark.parametrize(("value", "aggregation", "reason"), UNCOUNTABLE)
def test_an_event_that_cannot_be_counted_is_left_out_with_the_reason(
    value: PropertyValue, aggregation: Aggregation, reason: str
) -> None:
    assert left_out(value, aggregation) == [reason]


def test_an_event_that_one_meter_cannot_count_still_counts_for_the_others() -> None:
    scope = CountingScope(subscription(), JANUARY, (meter(COUNT), meter(SUM, "air-time")))

    found = recount([logged(usage(), 7)], [scope])

    assert [(key.meter, count.quantity) for key, count in found.counts.items()] == [("departures", 1)]
    assert [(item.meter, item.position) for item in found.uncountable] == [("air-time", 7)]


@pytest.mark.parametrize(
    ("occurred_at", "is_counted"),
    [
        ("2025-12-31T23:59:59.999999Z", False),
        ("2026-01-01T00:00:00Z", True),
        ("2026-01-31T23:59:59.999999Z", True),
        ("2026-02-01T00:00:00Z", False),
    ],
)
def test_a_period_takes_its_start_and_leaves_its_end(occurred_at: str, is_counted: bool) -> None:
    assert quantities([usage(occurred_at=occurred_at)], meter()) == ({(): "1"} if is_counted else {})


@pytest.mark.parametrize(("named", "is_counted"), [(None, True), ("UA/airport", True), ("UA/other", False)])
def test_an_event_that_names_a_subscription_belongs_to_that_one_alone(named: str | None, is_counted: bool) -> None:
    assert bool(quantities([usage(subscription=named)], meter())) == is_counted


def test_events_of_other_customers_and_types_do_not_count() -> None:
    assert quantities([usage(customer="DL"), usage(event_type="flight.cancelled")], meter()) == {}


def test_each_version_of_a_meter_counts_the_events_of_its_own_time() -> None:
    old = meter_version(SUM, version=1)
    new = meter_version(SUM, version=2, value_property="minutes", effective_from=at("2026-01-15"))
    events = [
        usage("a", "2026-01-14T23:59:59Z", value=1, minutes=10),
        usage("b", "2026-01-15T00:00:00Z", value=2, minutes=20),
    ]

    scope = CountingScope(subscription(), JANUARY, (Meter("departures", "Departures", (old, new)),))
    found = recount([logged(event) for event in events], [scope])

    assert {key.version: count.quantity for key, count in found.counts.items()} == {1: 1, 2: 20}


def test_an_event_before_the_first_version_of_a_meter_is_not_counted() -> None:
    late = meter(effective_from=at("2026-01-20"))

    assert quantities([usage("a", "2026-01-19T00:00:00Z"), usage("b", "2026-01-21T00:00:00Z")], late) == {(): "1"}


scalars = st.one_of(st.integers(), st.decimals(allow_nan=False, allow_infinity=False, places=15), st.text(), st.none())
events = st.lists(
    st.builds(
        lambda when, origin, value: UsageEvent(
            "s", "id", "flight.departed", "UA", when, None, {"origin": origin, "value": value}
        ),
        instants("2026-01-01", "2026-02-01"),
        st.sampled_from(["JFK", "LGA", None]),
        scalars,
    ),
    max_size=30,
)
METERS = (meter(COUNT), meter(SUM, "sum", dimensions=("origin",)), meter(UNIQUE, "unique", dimensions=("origin",)))


@given(events, st.randoms(use_true_random=False))
def test_the_order_of_events_does_not_matter(sent: list[UsageEvent], random: object) -> None:
    shuffled = list(enumerate(sent))
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert _counted(list(enumerate(sent))) == _counted(shuffled)


@given(events, st.lists(instants("2026-01-02", "2026-01-31"), max_size=4, unique=True))
def test_splitting_a_period_changes_nothing_for_additive_meters(sent: list[UsageEvent], cuts: list[object]) -> None:
    numbered = [LoggedEvent(position, event.occurred_at, event) for position, event in enumerate(sent)]
    edges = [JANUARY.start, *sorted(cuts), JANUARY.end]  # type: ignore[type-var]
    parts = [BillingPeriod(start, end) for start, end in pairwise(edges)]  # type: ignore[arg-type]

    whole = recount(numbered, [CountingScope(subscription(), JANUARY, METERS[:2])])
    split = recount(numbered, [CountingScope(subscription(), part, METERS[:2]) for part in parts])

    added: dict[object, Decimal] = {}
    for key, count in split.counts.items():
        place = (key.meter, key.dimensions)
        added[place] = EXACT.add(added.get(place, Decimal(0)), count.quantity)
    assert added == {(key.meter, key.dimensions): count.quantity for key, count in whole.counts.items()}
    assert len(split.uncountable) == len(whole.uncountable)


def _counted(sent: list[tuple[int, UsageEvent]]) -> tuple[dict[CountKey, Decimal], list[tuple[str, int]]]:
    numbered = [LoggedEvent(position, event.occurred_at + timedelta(hours=1), event) for position, event in sent]
    found = recount(numbered, [CountingScope(subscription(), JANUARY, METERS)])
    counts = {key: count.quantity for key, count in found.counts.items()}
    return counts, sorted((item.meter, item.position) for item in found.uncountable)
