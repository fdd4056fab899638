"""The recount gathers events and counts groups; it finds what counting one by one finds, whole or in parts."""

import pickle
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.events import LoggedEvent, UsageEvent
from gateway.core.metering import groups
from gateway.core.metering.columns import columns_of
from gateway.core.metering.expressions import read_expression
from gateway.core.metering.meter import Aggregation, Filter, Meter
from gateway.core.metering.recount import CountingScope, Recounting, recount
from gateway.core.periods.windows import Window
from tests.core.metering.simple_recount import simple_recount
from tests.core.samples import at, instants, logged, meter, meter_version, month, subscription, usage

A = Aggregation
FEBRUARY, MARCH = month(2), month(3)
LATER = at("2026-02-10")
BY_PLACE = {"dimensions": ("place", "kind"), "filters": (Filter("kind", ("a", "1", "true"), or_missing=True),)}
METERS = (
    meter(A.COUNT, "counted"),
    meter(A.COUNT, "by-place", **BY_PLACE),
    meter(A.SUM, "summed"),
    meter(A.AVERAGE, "mean", dimensions=("place",)),
    meter(A.SUM, "inner", value_property="llm.tokens"),
    meter(A.SUM, "worth", value_property=None, expression=read_expression("value / llm.tokens")),
    *(meter(each, each) for each in (A.MAX, A.MIN, A.UNIQUE_COUNT, A.LATEST, A.LAST_EVER, A.WEIGHTED_SUM)),
    meter(A.PERCENTILE, "median", percentile=Decimal(50)),
    meter(A.MAX_OF_WINDOW_SUMS, "peak", window=Window.DAY),
    meter(A.MAX, "peaks", window=Window.DAY),
    meter(A.UNIQUE_COUNT, "active", operation_property="kind"),
    meter(A.SUM, "level", recurring=True),
    meter(A.SUM, "level-days", recurring=True, prorated_by_day=True, dimensions=("place",)),
    meter(A.UNIQUE_COUNT, "active-days", recurring=True, prorated_by_day=True, operation_property="kind"),
    meter(A.COUNT, "cancelled", event_type="flight.cancelled"),
    Meter(
        "changed",
        "Changed",
        (
            meter_version(A.SUM, "changed"),
            meter_version(A.COUNT, "changed", 2, effective_from=LATER, event_type="flight.cancelled"),
            meter_version(A.MAX, "changed", 3, effective_from=at("2026-03-05")),
        ),
    ),
)
FIRST = subscription(starts_at=at("2026-01-20"))
SECOND = subscription(id="sub_2", key="UA/second", starts_at=at("2026-02-05"))
OTHER = subscription(id="sub_3", key="DL/airport", customer="DL", time_zone="America/New_York")
FURTHER = subscription(id="sub_4", key="AA/airport", customer="AA")
SCOPES = [
    CountingScope(FIRST, FEBRUARY, METERS),
    CountingScope(SECOND, FEBRUARY, METERS[:8], by_transaction=frozenset({"summed", "inner", "counted"})),
    CountingScope(FIRST, MARCH, METERS),
    CountingScope(OTHER, FEBRUARY, METERS[2:4]),
    CountingScope(FURTHER, MARCH, METERS),
]

values = st.one_of(
    st.integers(-5, 5),
    st.sampled_from(
        ["2.5", "x", "1e3", True, None, [1], 10**26, -(10**26), 10**26 - 1, 2**31, 1 - 2**31, Decimal("0.1"), "1"]
    ),
)
properties = st.fixed_dictionaries(
    {},
    optional={
        "value": values,
        "place": st.sampled_from(["JFK", "EWR", 1, True, None, ["JFK"]]),
        "kind": st.sampled_from(["a", 1, "1", True, "add", "remove", {}]),
        "llm": st.sampled_from([{"tokens": 3}, {"tokens": 0}, {"other": 1}, 7]),
        "llm.tokens": st.sampled_from([5, None]),
    },
)
sent = st.builds(
    UsageEvent,
    st.just("s"),
    st.just("e"),
    st.sampled_from(["flight.departed", "flight.departed", "flight.cancelled", "flight.delayed"]),
    st.sampled_from(["UA", "UA", "DL", "AA", "B6"]),
    st.one_of(instants("2026-01-15", "2026-04-02"), st.sampled_from([FEBRUARY.start, FEBRUARY.end, LATER])),
    st.sampled_from([None, None, "UA/airport", "UA/second", "elsewhere"]),
    properties,
)
logs = st.lists(sent, max_size=25).map(
    lambda events: [LoggedEvent(position, event.occurred_at, event) for position, event in enumerate(events, 1)]
)


@pytest.fixture(params=[0, 40, groups.dense_numbers_max], ids=["sparse", "some dense", "dense"])
def numbered(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups that have their numbers in every way."""
    monkeypatch.setattr(groups, "dense_numbers_max", request.param)


in_every_way = settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.usefixtures("numbered")
@in_every_way
@given(logs)
def test_gathering_finds_what_counting_one_by_one_finds(events: list[LoggedEvent]) -> None:
    assert recount(events, SCOPES) == simple_recount(events, SCOPES)


@pytest.mark.usefixtures("numbered")
@in_every_way
@given(logs, st.integers(0, 25))
def test_parts_that_were_counted_apart_add_up_to_the_whole(sent: list[LoggedEvent], more: int) -> None:
    # Most groups have events in both parts.
    events = [*sent, *(replace(each, position=each.position + 100) for each in sent)]
    apart, rest = Recounting(SCOPES), Recounting(SCOPES)
    for part, recounting in ((events[: len(sent) + more], apart), (events[len(sent) + more :], rest)):
        for columns in columns_of(part, recounting.read):
            recounting.add(columns)

    # What another process gathered comes as bytes.
    rest.merge(pickle.loads(pickle.dumps(apart.gathered)))

    assert rest.result() == simple_recount(events, SCOPES)


def test_a_recount_without_scopes_or_events_finds_nothing() -> None:
    assert recount([], SCOPES) == simple_recount([], [])
    assert recount([LoggedEvent(1, LATER, UsageEvent("s", "e", "t", "UA", LATER))], []).counts == {}


@pytest.mark.parametrize("occurred_at", ["2026-01-31T12:00:00Z", "2026-02-10T12:00:00Z", "2026-03-10T12:00:00Z"])
def test_events_of_other_customers_count_nowhere(occurred_at: str) -> None:
    sent = [replace(usage(name, occurred_at), customer=name) for name in ("UA", "elsewhere")]
    scopes = [CountingScope(FIRST, FEBRUARY, (meter(A.COUNT),))]

    assert recount(map(logged, sent), scopes) == simple_recount(list(map(logged, sent)), scopes)


@pytest.mark.parametrize("order", [1, -1])
def test_scopes_of_other_meters_are_counted_by_their_own(order: int) -> None:
    few, others = (meter(A.COUNT, "calls"),), (meter(A.SUM, "volume", dimensions=("place",)), meter(A.MAX, "largest"))
    scopes = [CountingScope(OTHER, FEBRUARY, few), CountingScope(FIRST, FEBRUARY, others)][::order]
    sent = [usage(name, "2026-02-10T12:00:00Z", customer=name, value=3, place="JFK") for name in ("UA", "DL")]
    events = [logged(event, position) for position, event in enumerate(sent, 1)]

    found = recount(events, scopes)

    assert found == simple_recount(events, scopes)
    assert {key.meter for key in found.counts} == {"calls", "volume", "largest"}


def test_events_are_taken_into_columns_a_thousand_at_a_time() -> None:
    events = [logged(usage(), position) for position in range(1_001)]

    columns = columns_of(events, {"flight.departed": ("value",)})

    assert [len(each.positions) for each in columns] == [1_000, 1]


def test_counts_are_in_the_order_of_scopes() -> None:
    events = [
        LoggedEvent(1, LATER, UsageEvent("s", "1", "flight.departed", "DL", LATER, None, {"value": 1})),
        LoggedEvent(2, LATER, UsageEvent("s", "2", "flight.departed", "UA", LATER, None, {"value": 1})),
    ]
    scopes = [replace(each, meters=(meter(A.SUM),)) for each in SCOPES]

    found = recount(events, scopes)

    assert [key.subscription_id for key in found.counts] == ["sub_1", "sub_2", "sub_3"]


def test_counts_of_a_scope_are_in_the_order_of_events() -> None:
    meters = (meter(A.SUM, "tokens", dimensions=("model",)), meter(A.COUNT, "requests"))
    sent = [usage(model, "2026-02-10T12:00:00Z", value=1, model=model) for model in ("small", "large")]

    found = recount(map(logged, sent), [CountingScope(subscription(), FEBRUARY, meters)])

    assert [(key.meter, *(text for _, text in key.dimensions)) for key in found.counts] == [
        ("tokens", "small"),
        ("requests",),
        ("tokens", "large"),
    ]


@pytest.mark.parametrize(("first", "second"), [((1, "x"), ("x",)), (("x",), (1, "x")), ((1,), (2,)), (("x",), ("x",))])
def test_parts_without_countable_values_are_merged_like_others(
    first: tuple[object, ...], second: tuple[object, ...]
) -> None:
    scopes = [CountingScope(subscription(), FEBRUARY, (meter(A.MAX),))]
    sent = [usage(str(n), "2026-02-10T12:00:00Z", value=value) for n, value in enumerate((*first, *second))]  # type: ignore[arg-type]
    events = [logged(event, position) for position, event in enumerate(sent)]
    parts = [Recounting(scopes), Recounting(scopes)]
    for part, recounting in zip((events[: len(first)], events[len(first) :]), parts, strict=True):
        for columns in columns_of(part, recounting.read):
            recounting.add(columns)

    parts[0].merge(parts[1].gathered)

    assert parts[0].result() == simple_recount(events, scopes)


BOTH_KNOW = (
    meter(A.SUM, "summed"),
    meter(A.UNIQUE_COUNT, "active", operation_property="kind"),
    meter(A.MAX, "largest"),
)


@pytest.mark.parametrize("first", [0, 1])
def test_what_both_parts_know_is_put_together(first: int) -> None:
    scopes = [CountingScope(subscription(), FEBRUARY, BOTH_KNOW, by_transaction=frozenset({"summed"}))]
    sent = [
        [usage("1", "2026-02-10T12:00:00Z", value=1, kind="add"), usage("2", "2026-02-10T15:00:00Z", value=4)],
        [usage("3", "2026-02-10T13:00:00Z", value=1, kind="remove"), usage("4", "2026-02-10T14:00:00Z", value=2)],
    ]
    logs = [[logged(event, 10 * part + n) for n, event in enumerate(events)] for part, events in enumerate(sent)]
    parts = [Recounting(scopes), Recounting(scopes)]
    for recounting, events in zip(parts, logs, strict=True):
        for columns in columns_of(events, recounting.read):
            recounting.add(columns)

    parts[first].merge(parts[1 - first].gathered)

    found = parts[first].result()
    assert found == simple_recount([*logs[0], *logs[1]], scopes)
    counts = {key.meter: count for key, count in found.counts.items()}
    assert [counts[each].amount for each in ("summed", "active", "largest")] == [8, 2, 4]
    assert [each.value for each in counts["summed"].transactions] == [1, 1, 2, 4]
    assert len(list(parts[first].gathered["flight.departed"].numbers())) == 1


def test_texts_that_filters_do_not_tell_apart_are_gathered_together() -> None:
    by_path = meter(
        A.COUNT, "calls", filters=(Filter("method", ("GET",)),), excludes=((Filter("path", ("/health",)),),)
    )
    recounting = Recounting([CountingScope(subscription(), FEBRUARY, (by_path,))])
    paths = ["/health", *(f"/{number}" for number in range(20))]
    sent = [usage(path, "2026-02-10T12:00:00Z", path=path, method="GET") for path in paths]

    for columns in columns_of(map(logged, sent), recounting.read):
        recounting.add(columns)

    assert [count.events for count in recounting.result().counts.values()] == [20]
    assert len(list(recounting.gathered["flight.departed"].numbers())) == 2
