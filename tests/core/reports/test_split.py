"""Revenue by customer, plan, price, meter or dimension."""

import pytest

from gateway.core.money import Money
from gateway.core.reports.split import EarnedPart, RevenueSplit, SplitRevenue, split_revenue

METERS = {("team", 1, "calls"): "api-calls"}


def part(customer: str, price: str, amount: int, dimensions: str = "") -> EarnedPart:
    return EarnedPart("2026-01", "USD", customer, "team" if customer else "", 1, price, dimensions, amount)


PARTS = [part("acme", "base", 10), part("acme", "calls", 5, "eu"), part("globex", "calls", 2, "us"), part("", "x", 1)]


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        (RevenueSplit.CUSTOMER, [("", 1, 0), ("acme", 15, 1), ("globex", 2, 1)]),
        (RevenueSplit.PLAN, [("", 1, 0), ("team", 17, 2)]),
        (RevenueSplit.PRICE, [("base", 10, 1), ("calls", 7, 2), ("x", 1, 0)]),
        (RevenueSplit.METER, [("", 11, 1), ("api-calls", 7, 2)]),
        (RevenueSplit.DIMENSION, [("", 11, 1), ("calls/eu", 5, 1), ("calls/us", 2, 1)]),
    ],
)
def test_each_split_has_all_revenue_by_its_keys(by: RevenueSplit, rows: list[tuple[str, int, int]]) -> None:
    found = split_revenue(PARTS, by, METERS)

    assert [(row.of, row.revenue.amount_minor, row.customers) for row in found] == rows


def test_an_average_is_rounded_once_and_nobody_has_none() -> None:
    shared, nobody = split_revenue(PARTS[1:], RevenueSplit.PRICE, METERS)

    assert shared == SplitRevenue("2026-01", "USD", "calls", Money(7, "USD"), 2, Money(4, "USD"))
    assert nobody.per_customer is None


def test_what_was_earned_and_taken_back_at_once_is_no_row() -> None:
    assert split_revenue([part("acme", "base", 5), part("acme", "base", -5)], RevenueSplit.PRICE, METERS) == []
