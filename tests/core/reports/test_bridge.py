"""From billings to revenue to cash."""

from gateway.core.money import Money
from gateway.core.reports.bridge import BridgeMonth, bridge_by_month
from tests.core.reports.test_deferred import flow


def row(month: str, *amounts: int, currency: str = "EUR") -> BridgeMonth:
    return BridgeMonth(month, currency, *(Money(amount, currency) for amount in amounts))


def test_a_month_goes_from_what_was_billed_to_what_was_paid() -> None:
    flows = [
        flow("2026-01", "invoice-finalized", "receivables", "deferred_revenue", 1000),
        flow("2026-01", "invoice-finalized", "receivables", "unbilled_receivables", 200),
        flow("2026-01", "invoice-finalized", "receivables", "tax_liability", 240),
        flow("2026-01", "invoice-finalized", "deferred_revenue", "revenue", 100),
        flow("2026-01", "accrued", "unbilled_receivables", "revenue", 250),
        flow("2026-01", "invoice-credited", "credit_notes", "receivables", 30),
        flow("2026-01", "invoice-credited", "deferred_revenue", "receivables", 20),
        flow("2026-01", "invoice-voided", "tax_liability", "receivables", 10),
        flow("2026-01", "invoice-money", "cash", "receivables", 700),
        flow("2026-01", "invoice-money", "bad_debt", "receivables", 60),
        flow("2026-01", "invoice-money", "deferred_revenue", "receivables", 40),
        flow("2026-01", "credit", "customer_credit", "receivables", 80),
    ]
    # 1200 billed - 50 credited - 40 given up before it was earned - 840 deferred + 50 unbilled = 320 earned.
    # 320 + 840 - 50 + 230 tax - 500 still owed - 60 written off - 80 paid by credit = 700 paid.
    assert bridge_by_month(flows) == [row("2026-01", 1200, 50, -40, 840, 50, 320, 230, 500, 60, -80, 700)]


def test_months_and_currencies_stand_apart() -> None:
    paid = ("invoice-money", "cash", "receivables")
    flows = [flow("2026-02", *paid, 5), flow("2026-01", *paid, 7), flow("2026-02", *paid, 9, "USD")]
    assert bridge_by_month(flows) == [
        row("2026-01", 0, 0, 0, 0, 0, 0, 0, -7, 0, 0, 7),
        row("2026-02", 0, 0, 0, 0, 0, 0, 0, -5, 0, 0, 5),
        row("2026-02", 0, 0, 0, 0, 0, 0, 0, -9, 0, 0, 9, currency="USD"),
    ]
