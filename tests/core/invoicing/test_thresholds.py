"""Usage that is billed before its period ends."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.invoicing.drafting import inputs_hash, usage_lines, without_unused
from gateway.core.invoicing.invoice import InvoiceLine, MeteredQuantity
from gateway.core.invoicing.thresholds import (
    amounts_per_event,
    billed_in_between,
    billed_so_far,
    less_billed,
    prices_due,
    progressive_bills,
    reached,
)
from gateway.core.plans.invoice_thresholds import InvoiceThresholds
from gateway.core.plans.plan import Graduated, PerUnit, Price, Tier, Timing, Volume
from gateway.core.plans.price_terms import PriceTerms
from gateway.core.subscriptions.subscription import Boundary
from tests.core.samples import BASE, DEPARTURES, MINIMUM, at, meter, month, plan

METERS = {"departures": meter()}
DAYS = [at(f"2026-01-{day:02}") for day in range(1, 32)]


def rated(quantity: str) -> tuple[InvoiceLine, ...]:
    """Departures so far, at 12.50."""
    return usage_lines(plan(DEPARTURES), METERS, month(1), [MeteredQuantity("departures", 1, (), Decimal(quantity))])


CROSSED = [
    # thresholds, before, after, reached
    ("100", "99", "100", ["100"]),
    ("100", "100", "150", []),
    ("100 50", "0", "120", ["50", "100"]),
    ("100", "0", "99.99", []),
]


@pytest.mark.parametrize(("thresholds", "before", "after", "crossed"), CROSSED)
def test_to_reach_a_threshold_is_enough(thresholds: str, before: str, after: str, crossed: list[str]) -> None:
    found = reached(map(Decimal, thresholds.split()), Decimal(before), Decimal(after))

    assert [str(each) for each in found] == crossed


def test_each_threshold_bills_once_what_is_not_billed_yet() -> None:
    usage = [(day, rated(quantity)) for day, quantity in zip(DAYS, ["7", "8", "12", "16", "20"], strict=False)]

    bills = progressive_bills([Decimal(100), Decimal(200)], usage)

    assert [(bill.at.day, [str(line.amount) for line in bill.lines]) for bill in bills] == [
        (2, ["100.00"]),
        (4, ["200.00", "-100.00"]),
    ]
    assert bills[1].lines[1].description == "Departures, billed before"


def test_a_threshold_that_was_reached_is_not_reached_again_after_a_correction() -> None:
    usage = [(day, rated(quantity)) for day, quantity in zip(DAYS, ["8", "6", "9"], strict=False)]

    assert len(progressive_bills([Decimal(100)], usage)) == 1


def test_what_was_billed_before_comes_off_the_last_invoice() -> None:
    lines = less_billed(rated("20"), rated("8"))

    assert [(line.price, str(line.amount), line.exact_amount) for line in lines] == [
        ("departures", "250.00", "250"),
        ("departures", "-100.00", "-100"),
    ]
    assert less_billed(rated("20"), rated("0")) == rated("20")


def test_what_was_billed_so_far_is_the_sum_of_all_invoices_as_the_newest_said_it() -> None:
    [seven], [twelve] = rated("7"), rated("12")
    lines = (seven, *less_billed([twelve], [seven]))

    [billed] = billed_so_far(lines)

    assert (billed.quantity, str(billed.amount)) == (Decimal(12), "150.00")
    assert billed_so_far([]) == ()


def test_what_came_back_since_is_not_billed_any_more() -> None:
    first = rated("7")

    assert billed_so_far([*first, *less_billed([], first)]) == ()


DEPARTURES_AT_ONCE = replace(DEPARTURES, timing=Timing.IN_ADVANCE)
LANDINGS = Price("landings", "Landings", PerUnit(Decimal(10)), meter="landings")
DUE = [
    # prices, thresholds, departures billed and now, landings billed and now, what is to be billed
    ((DEPARTURES,), "100", "0", "7", "0", "0", set()),
    ((DEPARTURES,), "100", "0", "8", "0", "0", {"departures"}),
    ((DEPARTURES,), "100", "8", "9", "0", "0", set()),
    ((DEPARTURES, LANDINGS), "100", "4", "4", "0", "5", {"landings"}),
    ((DEPARTURES, LANDINGS), "100", "4", "2", "0", "8", {"departures", "landings"}),
    ((DEPARTURES_AT_ONCE,), "", "0", "1", "0", "0", {"departures"}),
    ((DEPARTURES_AT_ONCE,), "", "1", "1", "0", "0", set()),
    ((DEPARTURES_AT_ONCE,), "", "2", "1", "0", "0", set()),
    ((DEPARTURES_AT_ONCE, LANDINGS), "100", "0", "80", "0", "9", {"departures"}),
    ((DEPARTURES_AT_ONCE, LANDINGS), "100", "80", "80", "0", "10", {"landings"}),
    ((DEPARTURES_AT_ONCE, LANDINGS), "100", "80", "70", "0", "10", {"landings"}),
]


@pytest.mark.parametrize(("prices", "thresholds", "flown", "flying", "landed", "landing", "due"), DUE)
def test_usage_is_due_as_it_comes_or_where_it_reaches_a_threshold(
    prices: tuple[Price, ...], thresholds: str, flown: str, flying: str, landed: str, landing: str, due: set[str]
) -> None:
    version = plan(*prices)
    if thresholds:
        version = replace(version, invoice_thresholds=InvoiceThresholds((Decimal(thresholds),)))
    meters = {**METERS, "landings": meter(key="landings")}

    def lines(departures: str, landings: str) -> tuple[InvoiceLine, ...]:
        counted = (("departures", departures), ("landings", landings))
        quantities = [MeteredQuantity(key, 1, (), Decimal(quantity)) for key, quantity in counted]
        return usage_lines(version, meters, month(1), quantities)

    assert prices_due(version, lines(flying, landing), lines(flown, landed)) == due


def test_usage_of_a_lifetime_is_that_of_earlier_periods_too() -> None:
    version = replace(plan(DEPARTURES), invoice_thresholds=InvoiceThresholds(lifetime=(Decimal(1000),)))

    assert prices_due(version, rated("8"), (), Decimal(899)) == frozenset()
    assert prices_due(version, rated("8"), (), Decimal(900)) == {"departures"}


def test_a_plan_in_between_has_some_prices_and_no_minimums() -> None:
    minimum = replace(LANDINGS, terms=PriceTerms(minimum_amount=Decimal(5)))
    whole = plan(BASE, DEPARTURES_AT_ONCE, minimum, commitments=(MINIMUM,))
    version = replace(whole, invoice_thresholds=InvoiceThresholds((Decimal(1),)))

    both, at_once = (version.in_between(keys) for keys in (("departures", "landings"), ("departures",)))

    assert (both.prices, both.commitments) == ((DEPARTURES_AT_ONCE, LANDINGS), ())
    assert both.invoice_thresholds == version.invoice_thresholds
    assert (at_once.prices, at_once.invoice_thresholds) == ((DEPARTURES_AT_ONCE,), None)


def test_what_was_billed_is_an_input_of_rating() -> None:
    boundary = Boundary(at("2026-02-01"), month(1), month(1), None, None)
    hashes = {inputs_hash(plan(DEPARTURES), boundary, (), billed) for billed in ((), rated("1"), rated("2"))}

    assert len(hashes) == 3


def test_fees_and_prices_by_volume_are_not_billed_in_between() -> None:
    volume = Price("volume", "Volume", Volume((Tier(None, Decimal(1)),)), meter="departures")
    lines = (*rated("1"), *usage_lines(plan(volume), METERS, month(1), ()))

    assert [line.price for line in billed_in_between(plan(DEPARTURES, BASE), lines)] == ["departures"]
    assert billed_in_between(plan(volume), lines) == ()


def test_lines_without_usage_can_be_left_out() -> None:
    assert without_unused((*rated("0"), *rated("1"))) == rated("1")


def test_events_that_are_billed_at_once_add_what_they_make_the_whole_cost_more() -> None:
    tiers = Graduated((Tier(Decimal(2), Decimal(0)), Tier(None, Decimal(2))))

    assert [str(each) for each in amounts_per_event(tiers, map(Decimal, "111"), "EUR")] == ["0.00", "0.00", "2.00"]


def test_without_events_nothing_is_billed_at_once() -> None:
    assert amounts_per_event(PerUnit(Decimal(1)), [], "EUR") == ()


@given(st.lists(st.decimals(0, 1_000, places=3), max_size=20))
def test_events_that_are_billed_at_once_sum_to_what_their_sum_costs(quantities: list[Decimal]) -> None:
    amounts = amounts_per_event(PerUnit(Decimal("0.005")), quantities, "EUR")

    total = sum(each.amount_minor for each in amounts)
    assert abs(total - sum(quantities) / 2) <= Decimal("0.5")
