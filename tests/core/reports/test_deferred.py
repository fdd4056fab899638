"""Deferred revenue by month, from what moved between kinds of account."""

from gateway.core.money import Money
from gateway.core.reports.deferred import DeferredMonth, deferred_by_month
from gateway.core.reports.flows import BookedFlow

MONTHS = ("2026-01", "2026-02", "2026-03")


def flow(month: str, reason: str, debit: str, credit: str, amount: int, currency: str = "EUR") -> BookedFlow:
    return BookedFlow(month, reason, debit, credit, currency, amount)


def row(month: str, *amounts: int, currency: str = "EUR") -> DeferredMonth:
    return DeferredMonth(month, currency, *(Money(amount, currency) for amount in amounts))


def test_a_balance_is_carried_from_month_to_month() -> None:
    flows = [
        flow("2026-01", "invoice-finalized", "receivables", "deferred_revenue", 1200),
        flow("2026-01", "invoice-finalized", "deferred_revenue", "revenue", 100),
        flow("2026-03", "recognised", "deferred_revenue", "revenue", 300),
        flow("2026-03", "recognised", "revenue", "deferred_revenue", 50),
        flow("2026-03", "invoice-credited", "deferred_revenue", "receivables", 400),
    ]
    assert deferred_by_month(MONTHS, {"EUR": 10}, flows) == [
        row("2026-01", 10, 1200, 100, 0, 1110),
        row("2026-02", 1110, 0, 0, 0, 1110),
        row("2026-03", 1110, 0, 250, 400, 460),
    ]


def test_months_before_anything_was_deferred_are_left_out() -> None:
    flows = [flow("2026-02", "invoice-finalized", "receivables", "deferred_revenue", 5)]
    assert deferred_by_month(MONTHS, {"EUR": 0}, flows) == [
        row("2026-02", 0, 5, 0, 0, 5),
        row("2026-03", 5, 0, 0, 0, 5),
    ]


def test_currencies_stand_apart() -> None:
    flows = [
        flow("2026-03", "invoice-finalized", "receivables", "deferred_revenue", 5, "USD"),
        flow("2026-03", "invoice-finalized", "receivables", "deferred_revenue", 7, "JPY"),
    ]
    assert deferred_by_month(MONTHS, {"EUR": 3}, flows) == [
        *(row(month, 3, 0, 0, 0, 3) for month in MONTHS),
        row("2026-03", 0, 7, 0, 0, 7, currency="JPY"),
        row("2026-03", 0, 5, 0, 0, 5, currency="USD"),
    ]


def test_what_a_write_off_gives_up_is_released_and_a_withdrawn_one_takes_that_back() -> None:
    flows = [
        flow("2026-01", "invoice-money", "deferred_revenue", "receivables", 70),
        flow("2026-02", "invoice-money", "receivables", "deferred_revenue", 70),
    ]
    assert deferred_by_month(MONTHS[:2], {"EUR": 100}, flows) == [
        row("2026-01", 100, 0, 0, 70, 30),
        row("2026-02", 30, 0, 0, -70, 100),
    ]


def test_what_moves_from_price_to_price_changes_nothing() -> None:
    assert deferred_by_month(MONTHS, {}, [flow("2026-01", "x", "deferred_revenue", "deferred_revenue", 9)]) == []
