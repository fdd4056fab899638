"""Monthly recurring revenue: what fees come to in a month, and how that changed."""

from dataclasses import replace
from decimal import Decimal

import pytest

from gateway.core.money import Money
from gateway.core.periods.period import Interval, IntervalUnit
from gateway.core.plans.plan import FlatFee
from gateway.core.reports.recurring import RecurringMonth, monthly_fee, recurring_by_month
from tests.core.samples import BASE, DEPARTURES, plan


def usd(minor: int) -> Money:
    return Money(minor, "USD")


@pytest.mark.parametrize(
    ("unit", "count", "fee"),
    [
        (IntervalUnit.MONTH, 1, 120_00),
        (IntervalUnit.MONTH, 3, 40_00),
        (IntervalUnit.QUARTER, 1, 40_00),
        (IntervalUnit.HALF_YEAR, 1, 20_00),
        (IntervalUnit.YEAR, 1, 10_00),
        (IntervalUnit.YEAR, 2, 5_00),
        (IntervalUnit.WEEK, 1, 520_00),
        (IntervalUnit.DAY, 1, 3_650_00),
        (IntervalUnit.DAY, 30, 121_67),
    ],
)
def test_a_fee_is_what_it_comes_to_in_a_month(unit: IntervalUnit, count: int, fee: int) -> None:
    offered = plan(replace(BASE, model=FlatFee(Decimal(120))), DEPARTURES)

    assert monthly_fee(offered, Interval(unit, count)) == usd(fee)


def test_usage_alone_is_no_recurring_revenue() -> None:
    assert monthly_fee(plan(DEPARTURES), Interval(IntervalUnit.MONTH)) == usd(0)


def test_every_change_of_a_month_has_a_column() -> None:
    before = {"stays": usd(10), "grows": usd(20), "shrinks": usd(30), "leaves": usd(40)}
    after = {"stays": usd(10), "grows": usd(25), "shrinks": usd(21), "comes": usd(7)}

    (row,) = recurring_by_month(["2026-02"], [before, after], {("2026-02", "USD"): 99})

    amounts = (usd(100), usd(7), usd(5), usd(-9), usd(-40), usd(63), usd(99))
    assert row == RecurringMonth("2026-02", "USD", *amounts)


def test_a_month_opens_as_the_one_before_closes_in_each_currency() -> None:
    euros = Money(5, "EUR")
    fees = [{}, {"a": usd(1)}, {"a": usd(3), "b": euros}]

    rows = recurring_by_month(["2026-01", "2026-02"], fees, {})

    assert [(row.currency, row.month, row.opening.amount_minor, row.closing.amount_minor) for row in rows] == [
        ("EUR", "2026-01", 0, 0),
        ("EUR", "2026-02", 0, 5),
        ("USD", "2026-01", 0, 1),
        ("USD", "2026-02", 1, 3),
    ]
