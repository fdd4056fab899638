"""Events come in parts: what each part adds to what was gathered before, in this process or in another."""

from decimal import Decimal

import pytest

from gateway.core.events import PropertyValue
from gateway.core.metering import gathering, sums
from gateway.core.metering.columns import columns_of
from gateway.core.metering.meter import Aggregation, Meter
from gateway.core.metering.recount import CountingScope, Recounting
from tests.core.samples import logged, meter, month, subscription, usage

DAY = "2026-02-10T12:00:00Z"
TYPE = "flight.departed"


def recounting(*parts: list[PropertyValue], counted: Meter) -> Recounting:
    """A recount of one scope that saw these values, part by part."""
    found = Recounting([CountingScope(subscription(), month(2), (counted,))])
    for part in parts:
        events = [logged(usage(f"e{position}", DAY, value=value), position) for position, value in enumerate(part, 1)]
        for columns in columns_of(events, found.read):
            found.add(columns)
    return found


SUMS = [
    # first part, second part, sum
    ([1, 2], [3], "6"),
    ([-1], [-2, 3], "0"),
    ([1, 2], ["2.5"], "5.5"),
    (["2.5"], [1, 2], "5.5"),
    (["0.1"], ["0.2"], "0.3"),
    ([2**40], [1], "1099511627777"),
    ([2**31 - 1, 1], [2**31, -(2**31)], "2147483648"),
]


@pytest.mark.parametrize(("first", "second", "total"), SUMS)
def test_a_part_adds_to_the_sum_of_the_parts_before(
    first: list[PropertyValue], second: list[PropertyValue], total: str
) -> None:
    [count] = recounting(first, second, counted=meter(Aggregation.SUM, "sum")).result().counts.values()

    assert (count.quantity, count.events) == (Decimal(total), len(first) + len(second))


@pytest.mark.parametrize(("first", "second", "total"), SUMS)
def test_what_another_process_gathered_adds_to_the_sum(
    first: list[PropertyValue], second: list[PropertyValue], total: str
) -> None:
    here, there = (recounting(part, counted=meter(Aggregation.SUM, "sum")) for part in (first, second))

    here.merge(there.gathered)

    [count] = here.result().counts.values()
    assert (count.quantity, count.events) == (Decimal(total), len(first) + len(second))


def test_there_is_room_for_every_group_and_no_more() -> None:
    gathered = recounting([1], [2], counted=meter(Aggregation.SUM, "sum")).gathered[TYPE]

    assert len(gathered.events) == len(gathered.totals[0]) == len(gathered.groups)


def test_a_group_that_is_met_again_keeps_its_one_fold() -> None:
    largest = meter(Aggregation.MAX, "largest", dimensions=("place",))
    found = Recounting([CountingScope(subscription(), month(2), (largest,))])
    for position, (place, value) in enumerate([("JFK", 1), ("EWR", 2), ("JFK", 3)], 1):
        for columns in columns_of([logged(usage(str(position), DAY, value=value, place=place), position)], found.read):
            found.add(columns)

    assert [len(folds) for folds in found.gathered[TYPE].partials.values()] == [1, 1]
    assert [(count.quantity, count.events) for count in found.result().counts.values()] == [(3, 2), (2, 1)]


def test_each_cell_is_summed_with_one_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sums, "_cells_per_slice", 2)
    monkeypatch.setattr(gathering, "_numbers_per_group_max", 6)
    [taker] = recounting([1], counted=meter())._types[TYPE].own_cells() or []

    assert [len(sliced) for sliced in sums._slices([taker] * 5)] == [2, 2, 1]
