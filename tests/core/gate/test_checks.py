"""The gate: tolerance zero, every difference with its evidence, in a stable order."""

from decimal import Decimal

import pytest

from gateway.core.errors import InvalidValue
from gateway.core.gate.checks import bound_holds, dimension_holds, uncountable_holds, unpriced_holds
from gateway.core.gate.counts import LiveCount, differing_counts
from gateway.core.gate.discrepancy import Discrepancy, DiscrepancyKind, Resolution
from gateway.core.invoicing.invoice import MeteredQuantity
from gateway.core.metering.meter import Aggregation, UncountableReason, UncountableRule
from gateway.core.metering.recount import Count, CountKey, Recount, Uncountable
from gateway.core.metering.tolerance import read_tolerance
from tests.core.samples import RUNWAY, at, meter, plan


def key(meter_key: str = "distance", origin: str | None = None) -> CountKey:
    dimensions = () if origin is None else (("origin", origin),)
    return CountKey("sub_1", at("2026-01-01"), meter_key, 1, dimensions)


def summed(total: str, events: int) -> Count:
    return Count(meter(Aggregation.SUM).latest.quantity(Decimal(total)), events, Decimal(total))


def live(quantity: str, events: int) -> LiveCount:
    return LiveCount(Decimal(quantity), events)


METERS = {name: meter(Aggregation.SUM, name) for name in ("distance", "air-time")}


def compare_counts(live: dict[CountKey, LiveCount], counted: Recount, **options: object) -> list[Discrepancy]:
    """What differs, by meters with these options."""
    meters = {name: meter(Aggregation.SUM, name, **options) for name in METERS}
    return list(differing_counts(live, counted, meters).values())


def test_equal_counts_need_no_human_however_they_are_written() -> None:
    assert compare_counts({key(): live("10.50", 2)}, Recount({key(): summed("10.5", 2)}, ())) == []


def test_a_difference_in_the_last_place_is_found() -> None:
    [found] = compare_counts({key(): live("10.000000000001", 2)}, Recount({key(): summed("10", 2)}, ()))

    assert (found.kind, found.meter) == (DiscrepancyKind.COUNT, "distance")
    assert (found.expected, found.found) == ("10.000000000000", "10.000000000001")


def test_equal_sums_of_different_events_are_a_difference() -> None:
    [found] = compare_counts({key(): live("10", 3)}, Recount({key(): summed("10", 2)}, ()))

    assert found.detail == "the recount found 2 events, the live count 3"


def test_what_only_one_side_knows_is_a_difference_in_a_stable_order() -> None:
    counted = Recount({key(origin="JFK"): summed("1", 1)}, ())

    found = compare_counts({key(origin="EWR"): live("2", 1), key("air-time"): live("3", 1)}, counted)

    assert [(each.meter, each.dimensions, each.expected, each.found) for each in found] == [
        ("air-time", (), "0", "3"),
        ("distance", (("origin", "EWR"),), "0", "2"),
        ("distance", (("origin", "JFK"),), "1.000000000000", "0"),
    ]


def test_nothing_on_one_side_and_zero_events_on_the_other_agree() -> None:
    assert compare_counts({key(): live("0", 0)}, Recount({}, ())) == []


def uncountable(meter_key: str, position: int, reason: UncountableReason) -> Uncountable:
    return Uncountable("sub_1", at("2026-01-01"), meter_key, 1, position, reason)


def test_uncountable_events_hold_by_meter_and_reason_unless_the_rule_is_to_skip() -> None:
    missing, wrong = UncountableReason.MISSING, UncountableReason.NOT_A_NUMBER
    meters = {
        "distance": meter(Aggregation.SUM, "distance"),
        "air-time": meter(Aggregation.SUM, "air-time", when_missing=UncountableRule.SKIP),
    }
    left_out = (
        uncountable("distance", 9, missing),
        uncountable("distance", 4, missing),
        uncountable("air-time", 5, missing),
        uncountable("air-time", 6, wrong),
    )

    found = uncountable_holds(Recount({}, left_out), meters)

    assert [(each.kind, each.meter, each.detail) for each in found] == [
        ("uncountable", "air-time", "1 events have a value that is not a number, first at position 6"),
        ("uncountable", "distance", "2 events have a value that is missing, first at position 4"),
    ]


def test_unpriced_values_hold_with_the_remedy() -> None:
    boston = (("origin", "BOS"),)
    quantities = [MeteredQuantity("runway", version, boston, Decimal("1.5")) for version in (1, 2)]

    [found] = unpriced_holds(plan(RUNWAY), quantities)

    assert (found.kind, found.meter, found.dimensions, found.found) == ("unpriced", "runway", boston, "3")
    assert "no unit amount for origin 'BOS'; publish a plan version" in found.detail


def test_more_dimension_values_than_a_meter_may_have_hold() -> None:
    meters = {"distance": meter(Aggregation.SUM, "distance", dimensions=("origin",), dimension_values_max=2)}
    origins = {key(origin=origin): summed("1", 1) for origin in ("JFK", "LGA", "EWR")}

    [found] = dimension_holds(Recount(origins, ()), meters)

    assert (found.kind, found.meter, found.expected, found.found) == ("dimension_values", "distance", "at most 2", "3")
    assert dimension_holds(Recount(dict(list(origins.items())[:2]), ()), meters) == []


@pytest.mark.parametrize(("actor", "reason", "fault"), [("", "looked", "actor"), ("ann", " ", "reason")])
def test_a_resolution_says_who_and_why(actor: str, reason: str, fault: str) -> None:
    with pytest.raises(InvalidValue, match=f"The {fault} of a resolution is empty"):
        Resolution("inv_1", actor, reason, at("2026-02-01"))


def test_a_resolution_is_kept_as_it_was_given() -> None:
    assert Resolution("inv_1", "ann", "looked", at("2026-02-01")).reason == "looked"


@pytest.mark.parametrize(("found", "events", "differences"), [("10.05", 3, 0), ("9.95", 2, 0), ("10.06", 2, 1)])
def test_what_a_meter_tolerates_needs_no_human(found: str, events: int, differences: int) -> None:
    tolerance = read_tolerance("0.5%")
    counted = Recount({key(): summed("10", 2)}, ())
    assert len(compare_counts({key(): live(found, events)}, counted, tolerance=tolerance)) == differences


def test_quantities_beyond_a_bound_hold_with_the_bound() -> None:
    meters = {"distance": meter(Aggregation.SUM, "distance", quantity_max=Decimal(100))}
    quantities = [MeteredQuantity("distance", 1, (), Decimal(each)) for each in ("100", "100.5", "-1", "0")]

    found = bound_holds(quantities, meters)

    assert [(each.kind, each.expected, each.found) for each in found] == [
        ("bound", "at most 100", "100.5"),
        ("bound", "at least 0", "-1"),
    ]
    assert "correct the meter's `quantity_max`" in found[0].detail


def test_a_meter_without_a_bound_has_any_quantity() -> None:
    for quantity in (Decimal(10) ** 20, Decimal(-1)):
        assert bound_holds([MeteredQuantity("distance", 1, (), quantity)], METERS) == []
