"""Counts made column by column are those that counting one by one finds, whatever scopes share and events name."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.events import LoggedEvent, UsageEvent
from gateway.core.metering import gathering, groups, sums
from gateway.core.metering.columns import columns_of
from gateway.core.metering.meter import Aggregation, Filter
from gateway.core.metering.recount import CountingScope, Recounting, recount
from tests.core.metering.simple_recount import simple_recount
from tests.core.samples import at, instants, logged, meter, month, subscription, usage

A = Aggregation
METERS = (
    meter(A.COUNT, "counted"),
    meter(A.SUM, "summed"),
    meter(A.AVERAGE, "mean", dimensions=("place",)),
    meter(A.SUM, "inner", value_property="tokens", dimensions=("place",), filters=(Filter("kind", ("a",)),)),
    meter(A.COUNT, "cancelled", event_type="flight.cancelled"),
)
SUBSCRIPTIONS = [subscription(id=f"sub_{name}", key=f"{name}/1", customer=name) for name in ("UA", "DL", "AA")]
APART = [
    CountingScope(one, period, METERS if one.customer != "DL" else METERS[1:3])
    for period in (month(3), month(2))
    for one in SUBSCRIPTIONS
]

sent = st.builds(
    UsageEvent,
    st.just("s"),
    st.just("e"),
    st.sampled_from(["flight.departed", "flight.departed", "flight.cancelled"]),
    st.sampled_from(["UA", "UA", "DL", "AA", "B6"]),
    instants("2026-01-25", "2026-04-02"),
    st.none(),
    st.fixed_dictionaries(
        {
            "value": st.sampled_from([1, -1, 0, 2**40, "2.5", Decimal("0.1"), Decimal("1e-12")]),
            "tokens": st.integers(-3, 3),
        },
        optional={"place": st.sampled_from(["JFK", "EWR"]), "kind": st.sampled_from(["a", "b"])},
    ),
)
logs = st.lists(sent, max_size=40).map(lambda events: [logged(event, n) for n, event in enumerate(events, 1)])


def gathered(events: list[LoggedEvent], scopes: list[CountingScope]) -> Recounting:
    """A recount that has seen these events."""
    recounting = Recounting(scopes)
    for columns in columns_of(events, recounting.read):
        recounting.add(columns)
    return recounting


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(logs)
def test_scopes_apart_find_what_counting_one_by_one_finds(
    monkeypatch: pytest.MonkeyPatch, events: list[LoggedEvent]
) -> None:
    monkeypatch.setattr(sums, "_cells_per_slice", 2)
    monkeypatch.setattr(gathering, "_numbers_per_group_max", 1_000)

    found = recount(events, APART)

    assert found == simple_recount(events, APART)
    order = [(scope.subscription.id, scope.period.start) for scope in APART]
    places = [order.index(key[:2]) for key in found.counts]
    assert places == sorted(places)


def test_scopes_apart_have_cells_of_their_own_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "_numbers_per_group_max", 1_000)
    recounting = gathered([logged(usage("1", "2026-02-10T12:00:00Z", value=1, tokens=1))], APART)

    cells = recounting._types["flight.departed"].own_cells()

    assert cells is not None
    assert [taker.number for taker, _ in cells] == [0, 1, 2, 3, 4, 5]
    assert len({cell for _, cell in cells}) == 6


def test_each_scope_has_the_sums_of_its_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "_numbers_per_group_max", 1_000)
    monkeypatch.setattr(sums, "_cells_per_slice", 2)
    all_of_them = (meter(A.COUNT, "counted"), meter(A.SUM, "by-place", dimensions=("place",)), meter(A.SUM, "summed"))
    ua, dl = SUBSCRIPTIONS[:2]
    scopes = [
        CountingScope(ua, month(3), all_of_them),
        CountingScope(dl, month(2), all_of_them[2:]),
        CountingScope(ua, month(2), all_of_them),
    ]
    sent = [
        usage("1", "2026-02-10T12:00:00Z", customer="UA", value=1, place="JFK"),
        usage("2", "2026-02-11T12:00:00Z", customer="UA", value=2, place="EWR"),
        usage("3", "2026-03-10T12:00:00Z", customer="UA", value=5, place="JFK"),
        usage("4", "2026-02-10T12:00:00Z", customer="DL", value=7, place="EWR"),
        usage("5", "2026-02-12T12:00:00Z", customer="UA", value=3, place="EWR"),
    ]

    recounting = gathered([logged(event, position) for position, event in enumerate(sent, 1)], scopes)

    assert recounting._types["flight.departed"].own_cells() is not None
    counts = recounting.result().counts.items()
    assert [
        (key.meter, *(place for _, place in key.dimensions), count.amount, count.events) for key, count in counts
    ] == [
        ("counted", 1, 1),
        ("by-place", "JFK", 5, 1),
        ("summed", 5, 1),
        ("summed", 7, 1),
        ("counted", 3, 3),
        ("by-place", "JFK", 1, 1),
        ("summed", 6, 3),
        ("by-place", "EWR", 5, 2),
    ]


FEBRUARY = CountingScope(subscription(), month(2), METERS[:2])
NAMING = replace(usage("2", "2026-02-11T12:00:00Z", value=2), subscription=subscription().key)
ELSEWHERE = replace(NAMING, subscription="elsewhere")
BY_CHANGE = replace(
    METERS[1], versions=(METERS[1].latest, replace(METERS[1].latest, version=2, effective_from=at("2026-02-11")))
)


@pytest.mark.parametrize(
    ("scopes", "more"),
    [
        ([FEBRUARY, replace(FEBRUARY, subscription=subscription(id="sub_2", key="UA/2"))], []),
        ([replace(FEBRUARY, meters=(METERS[0], BY_CHANGE))], [usage("2", "2026-02-12T12:00:00Z", value=2)]),
        ([replace(FEBRUARY, meters=(*METERS[:2], meter(A.MAX, "largest")))], []),
        ([replace(FEBRUARY, by_transaction=frozenset({"summed"}))], []),
        ([FEBRUARY], [usage("2", "2026-02-11T12:00:00Z", value="x")]),
        ([FEBRUARY], [NAMING]),
        ([FEBRUARY], [ELSEWHERE]),
    ],
    ids=["shared", "cut", "folded", "by transaction", "left out", "named", "named elsewhere"],
)
def test_other_groups_are_counted_one_by_one(
    monkeypatch: pytest.MonkeyPatch, scopes: list[CountingScope], more: list[UsageEvent]
) -> None:
    monkeypatch.setattr(gathering, "_numbers_per_group_max", 1_000)
    sent = [usage("1", "2026-02-10T12:00:00Z", value=1), *more]
    events = [logged(event, position) for position, event in enumerate(sent, 1)]
    recounting = gathered(events, scopes)

    assert recounting._types["flight.departed"].own_cells() is None
    assert recounting.result() == simple_recount(events, scopes)


def test_groups_with_numbers_as_they_occur_are_counted_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "dense_numbers_max", 20)
    monkeypatch.setattr(gathering, "_numbers_per_group_max", 1_000)
    sent = [usage(place, "2026-02-10T12:00:00Z", value=1, tokens=1, place=place) for place in ("JFK", "EWR", "LGA")]
    events = [logged(event, position) for position, event in enumerate(sent, 1)]
    recounting = gathered(events, APART)

    assert recounting._types["flight.departed"].own_cells() is None
    assert recounting.result() == simple_recount(events, APART)


@pytest.mark.parametrize(("most", "has_own"), [(2, False), (3, True)])
def test_few_groups_among_many_numbers_are_counted_one_by_one(
    monkeypatch: pytest.MonkeyPatch, most: int, has_own: bool
) -> None:
    # Three cells for customers of whom nothing is counted, and three here: before February, within, and after.
    monkeypatch.setattr(gathering, "_numbers_per_group_max", most)
    sent = [usage(day, f"{day}T12:00:00Z", value=1) for day in ("2026-01-10", "2026-02-10")]
    recounting = gathered([logged(each, position) for position, each in enumerate(sent, 1)], [FEBRUARY])

    assert len(recounting.gathered["flight.departed"].events) == 6
    assert (recounting._types["flight.departed"].own_cells() is not None) is has_own
