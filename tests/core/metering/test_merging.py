"""What each aggregation makes of two parts of its events: tables that hold whichever part takes in the other."""

from decimal import Decimal

import pytest

from gateway.core.metering.columns import columns_of
from gateway.core.metering.meter import Aggregation, Meter, TimeUnit
from gateway.core.metering.recount import CountingScope, Recounting
from gateway.core.periods.windows import Window
from tests.core.samples import logged, meter, month, subscription, usage

A = Aggregation
Row = tuple[str, str]
"""When an event occurred in February 2026, and its value, with what it does to a set if it says so."""


def part(rows: list[Row], first_position: int, counted: Meter) -> Recounting:
    found = Recounting([CountingScope(subscription(), month(2), (counted,))])
    for position, (when, said) in enumerate(rows, first_position):
        value, _, does = said.partition(" ")
        event = usage(str(position), f"2026-02-{when}:00:00Z", value=value, does=does)
        for columns in columns_of([logged(event, position)], found.read):
            found.add(columns)
    return found


RISING = [("10T12", "1"), ("11T12", "5")], [("10T13", "3"), ("12T12", "4")]
APART = [("10T12", "1"), ("10T14", "5")], [("11T12", "7")]
OPERATIONS = [("10T12", "a add"), ("10T12", "b add")], [("11T12", "a remove"), ("12T12", "c add")]
PARTS = [
    # aggregation, options, parts, quantity
    (A.COUNT, {}, RISING, "4"),
    (A.SUM, {}, RISING, "13"),
    (A.AVERAGE, {}, RISING, "3.25"),
    (A.MAX, {}, RISING, "5"),
    (A.MIN, {}, RISING, "1"),
    (A.UNIQUE_COUNT, {}, ([("10T12", "a"), ("10T12", "b")], [("11T12", "b"), ("11T12", "c")]), "3"),
    (A.PERCENTILE, {"percentile": Decimal(50)}, RISING, "3"),
    (A.PERCENTILE, {"percentile": Decimal(100)}, RISING, "5"),
    (A.LATEST, {}, RISING, "4"),
    (A.LAST_EVER, {}, RISING, "4"),
    # From noon on the 15th, of 28 days, 28 are there for 13.5 days, and from the 22nd on 28 more for 7.
    (A.WEIGHTED_SUM, {}, ([("15T12", "28")], [("22T00", "28")]), "20.5"),
    (A.WEIGHTED_SUM, {"time_unit": TimeUnit.DAY}, ([("15T12", "28")], [("22T00", "28")]), "574"),
    (A.SUM, {"prorated_by_day": True}, ([("15T12", "28")], [("22T00", "28")]), "21"),
    (A.MAX_OF_WINDOW_SUMS, {"window": Window.DAY}, RISING, "5"),
    (A.MAX_OF_WINDOW_SUMS, {"window": Window.DAY}, ([("10T12", "3"), ("11T12", "4")], [("10T13", "2")]), "5"),
    (A.MAX, {"window": Window.DAY}, RISING, "12"),
    (A.MAX, {"window": Window.DAY}, APART, "12"),
    (A.UNIQUE_COUNT, {"operation_property": "does"}, OPERATIONS, "2"),
    (A.UNIQUE_COUNT, {"operation_property": "does"}, ([("11T12", "a remove")], [("10T12", "a add")]), "0"),
    # Of 28 days, a is there on 2, b on 19, and c on 17.
    (A.UNIQUE_COUNT, {"operation_property": "does", "prorated_by_day": True}, OPERATIONS, "1.357142857143"),
]


@pytest.mark.parametrize("taking", [0, 1], ids=["first", "second"])
@pytest.mark.parametrize(("aggregation", "options", "parts", "quantity"), PARTS)
def test_parts_come_to_the_quantity_of_the_whole(
    aggregation: Aggregation, options: dict[str, object], parts: tuple[list[Row], list[Row]], quantity: str, taking: int
) -> None:
    counted = meter(aggregation, "counted", **options)
    recounted = [part(parts[0], 1, counted), part(parts[1], 10, counted)]

    recounted[taking].merge(recounted[1 - taking].gathered)

    [count] = recounted[taking].result().counts.values()
    assert count.quantity == Decimal(quantity)
    assert count.events == len(parts[0]) + len(parts[1])


@pytest.mark.parametrize("taking", [0, 1], ids=["first", "second"])
@pytest.mark.parametrize("parts", [(["x"], ["1", "y"]), (["1", "x"], ["y"]), (["x"], ["1"]), (["1"], ["x"])])
def test_what_either_part_leaves_out_is_left_out(parts: tuple[list[str], list[str]], taking: int) -> None:
    rows = [[("10T12", value) for value in values] for values in parts]
    recounted = [part(rows[0], 1, meter(A.SUM)), part(rows[1], 10, meter(A.SUM))]

    recounted[taking].merge(recounted[1 - taking].gathered)

    found = recounted[taking].result()
    assert [(count.quantity, count.events) for count in found.counts.values()] == [(1, 1)]
    assert [item.position for item in found.uncountable] == [
        first + place
        for values, first in zip(parts, (1, 10), strict=True)
        for place, value in enumerate(values)
        if value != "1"
    ]
