"""Recognised revenue by month, by where it came from."""

from gateway.core.money import Money
from gateway.core.reports.recognised import RecognisedMonth, recognised_by_month
from tests.core.reports.test_deferred import flow


def row(month: str, *amounts: int, currency: str = "EUR") -> RecognisedMonth:
    return RecognisedMonth(month, currency, *(Money(amount, currency) for amount in amounts))


def test_revenue_is_split_by_where_it_came_from() -> None:
    flows = [
        flow("2026-01", "recognised", "deferred_revenue", "revenue", 100),
        flow("2026-01", "accrued", "unbilled_receivables", "revenue", 30),
        flow("2026-01", "accrued", "revenue", "unbilled_receivables", 10),
        flow("2026-01", "invoice-finalized", "receivables", "revenue", 7),
        flow("2026-01", "invoice-finalized", "receivables", "tax_liability", 1),
    ]
    assert recognised_by_month(flows) == [row("2026-01", 100, 20, 7, 127, 0, 127)]


def test_whatever_stands_against_revenue_is_given_back() -> None:
    flows = [
        flow("2026-02", "invoice-credited", "credit_notes", "receivables", 5),
        flow("2026-02", "invoice-voided", "voids", "receivables", 10),
        flow("2026-02", "invoice-money", "chargebacks", "cash", 20),
        flow("2026-02", "invoice-money", "bad_debt", "chargebacks", 1),
        flow("2026-01", "recognised", "deferred_revenue", "revenue", 8, "USD"),
    ]
    assert recognised_by_month(flows) == [
        row("2026-02", 0, 0, 0, 0, 34, -34),
        row("2026-01", 8, 0, 0, 8, 0, 8, currency="USD"),
    ]
