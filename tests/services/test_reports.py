"""Finance reports over a small company, by hand and to the minor unit, on both databases."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from gateway.core.credits.grant import CreditCategory
from gateway.core.errors import InvalidValue, NotFound
from gateway.core.invoicing.credit_notes import CreditItem, Disposition
from gateway.core.money import Money
from gateway.core.reports.split import RevenueSplit
from gateway.services.credit_invoice import CreditRequest, credit_invoice
from gateway.services.grant_credit import GrantRequest, grant_credit
from gateway.services.recognise import recognise_due
from gateway.services.report_ageing import receivables_ageing, unbilled_ageing
from gateway.services.report_bridge import revenue_bridge
from gateway.services.report_credits import credits_outstanding
from gateway.services.report_recurring import recurring_revenue
from gateway.services.report_revenue import deferred_revenue, recognised_revenue
from gateway.services.report_schedule import deferred_schedule
from gateway.services.report_split import revenue_by
from gateway.services.show_books import accounts_of_kind
from tests.services.billing import FEBRUARY, JANUARY, MARCH, Company, Counting
from tests.services.reports_tie import assert_reports_tie
from tests.services.test_recognise import MID_FEBRUARY, MID_JANUARY

APRIL = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def quarter(company: Company) -> Company:
    """Acme, billed on the fifteenth: a fee of 49.00 in advance, calls in arrears, and 20.00 of the fee credited."""
    company.define()
    company.sign(starts_at=MID_JANUARY, by_anniversary=True)
    company.clock.set(MID_JANUARY)
    company.bill()
    company.clock.set(MID_FEBRUARY)
    company.call("2026-01-20T12:00:00Z", times=3)
    company.call("2026-02-03T12:00:00Z", times=4)
    company.bill(MID_FEBRUARY)
    bill = company.invoices()[-1]
    fee = next(place for place, line in enumerate(bill.lines) if line.price == "base")
    request = CreditRequest(bill.id, "outage", Disposition.RECEIVABLE, (CreditItem(fee, Money(2000, "USD")),))
    credit_invoice(company.installation, request, "ada", "c")
    company.clock.set(MARCH)
    company.projector.catch_up()
    recognise_due(company.installation)
    return company


def shown(rows: Sequence[Any]) -> list[list[str]]:
    """The rows as an accountant reads them, without the currency."""
    return [[str(getattr(row, each.name)) for each in fields(row) if each.name != "currency"] for row in rows]


def test_deferred_revenue_rolls_forward(quarter: Company) -> None:
    # 17 of 31 days of 49.00 in January; in February the other 14, and 14 of 28 days of the 29.00 that are left.
    assert shown(deferred_revenue(quarter.installation, "default", "2025-12", "2026-02")) == [
        ["2026-01", "0.00", "49.00", "26.87", "0.00", "22.13"],
        ["2026-02", "22.13", "49.00", "36.63", "20.00", "14.50"],
    ]


def test_revenue_is_told_by_where_it_came_from(quarter: Company) -> None:
    # In January three calls at 1.50 and a user at 4.00, in February four calls at 0.99.
    assert shown(recognised_revenue(quarter.installation, "default")) == [
        ["2026-01", "26.87", "8.50", "0.00", "35.37", "0.00", "35.37"],
        ["2026-02", "36.63", "3.96", "0.00", "40.59", "0.00", "40.59"],
    ]


def test_what_is_deferred_is_scheduled_to_the_last_of_it(quarter: Company) -> None:
    assert shown(deferred_schedule(quarter.installation, "default")) == [["2026-03", "14.50", "0.00"]]
    # At the end of January nobody knew of the invoice of February.
    assert shown(deferred_schedule(quarter.installation, "default", "2026-01")) == [["2026-02", "22.13", "0.00"]]


def test_reports_tie_to_the_trial_balance(quarter: Company) -> None:
    assert_reports_tie(quarter.installation)


def test_reports_refuse_what_is_no_month_and_nobodys_books(company: Company) -> None:
    with pytest.raises(InvalidValue, match="'June' is not a month; write it like 2013-06"):
        deferred_revenue(company.installation, "default", "June")
    with pytest.raises(NotFound):
        recognised_revenue(company.installation, "elsewhere")
    assert deferred_schedule(company.installation, "default") == []


def test_reports_take_as_many_statements_for_many_as_for_few(quarter: Company) -> None:
    def statements() -> int:
        counting = Counting(quarter.installation.storage)  # type: ignore[arg-type]
        installation = quarter.on(counting).installation
        deferred_revenue(installation, "default")
        recognised_revenue(installation, "default")
        deferred_schedule(installation, "default")
        revenue_bridge(installation, "default")
        receivables_ageing(installation, "default")
        unbilled_ageing(installation, "default")
        return counting.statements

    few = statements()
    for name in ("globex", "initech", "hooli"):
        quarter.sign(name, MID_FEBRUARY, by_anniversary=True)
    quarter.bill()
    assert statements() == few


def test_billings_become_revenue_and_revenue_cash(quarter: Company) -> None:
    # Nothing is paid yet: 61.46 are the calls and the user of the first period and the second fee.
    zero = "0.00"
    assert shown(revenue_bridge(quarter.installation, "default")) == [
        ["2026-01", "49.00", zero, zero, "22.13", "8.50", "35.37", zero, "49.00", zero, zero, zero],
        ["2026-02", "61.46", "20.00", zero, "-7.63", "-8.50", "40.59", zero, "41.46", zero, zero, zero],
    ]


def test_what_is_owed_and_not_invoiced_is_told_by_age(quarter: Company) -> None:
    zero = "0.00"
    installation = quarter.installation
    # The first invoice was to be paid by 14 February; today is 1 March.
    assert shown(receivables_ageing(installation, "default")) == [
        ["acme", "41.46", "49.00", zero, zero, zero, zero, "90.46"]
    ]
    assert shown(receivables_ageing(installation, "default", date(2026, 2, 1))) == [
        ["acme", "49.00", zero, zero, zero, zero, zero, "49.00"]
    ]
    assert shown(unbilled_ageing(installation, "default", date(2026, 1, 31))) == [
        ["acme", "8.50", zero, zero, zero, "8.50"]
    ]
    assert unbilled_ageing(installation, "default") == []


def test_what_is_left_of_credit_that_was_paid_is_the_liability_in_the_books(company: Company) -> None:
    company.define()
    company.sign()
    company.clock.set(JANUARY)
    for request in (
        GrantRequest("acme", "USD", Decimal(1000), "spring", paid=Decimal(800)),
        GrantRequest("acme", "USD", Decimal(10), "outage", CreditCategory.PROMOTIONAL, expires_at=APRIL),
        GrantRequest("acme", "USD", Decimal(5), "gone by March", expires_at=FEBRUARY),
    ):
        grant_credit(company.installation, "ada", request, request.reason)
    company.bill(MARCH)

    rows = credits_outstanding(company.installation, "default")
    owed = accounts_of_kind(company.installation, "default", "2026-03", "customer_credit", None, 10)

    assert {row.category for row in rows} == {"paid"}
    assert sum(row.unearned.amount_minor for row in rows) == -sum(each.closing.amount_minor for each in owed)
    assert all(row.unearned.amount_minor * 100 == row.left.amount_minor * 80 for row in rows)


def test_credit_that_has_not_moved_is_listed_grant_by_grant(company: Company) -> None:
    company.define()
    company.sign()
    company.clock.set(FEBRUARY)
    for request in (
        GrantRequest("acme", "USD", Decimal(100), "spring", paid=Decimal(80)),
        GrantRequest("acme", "USD", Decimal(10), "outage", CreditCategory.PROMOTIONAL, expires_at=APRIL),
    ):
        grant_credit(company.installation, "ada", request, request.reason)

    found = sorted(credits_outstanding(company.installation, "default"), key=lambda row: row.category)

    assert [[each for at, each in enumerate(row) if at not in {1, 2}] for row in shown(found)] == [
        ["acme", "paid", "2026-02-01", "", "100.00", "100.00", "80.00"],
        ["acme", "promotional", "2026-02-01", "2026-04-01T00:00:00Z", "10.00", "10.00", "0.00"],
    ]


def test_recurring_revenue_follows_subscriptions_and_usage_the_books(quarter: Company) -> None:
    quarter.sign("globex", starts_at=MARCH)
    quarter.clock.set(APRIL)

    assert shown(recurring_revenue(quarter.installation, "default", "2026-01", "2026-03")) == [
        ["2026-01", "0.00", "49.00", "0.00", "0.00", "0.00", "49.00", "8.50"],
        ["2026-02", "49.00", "0.00", "0.00", "0.00", "0.00", "49.00", "3.96"],
        ["2026-03", "49.00", "49.00", "0.00", "0.00", "0.00", "98.00", "0.00"],
    ]


@pytest.mark.parametrize("by", RevenueSplit)
def test_split_revenue_adds_up_to_that_of_the_trial_balance(quarter: Company, by: RevenueSplit) -> None:
    rows = revenue_by(quarter.installation, "default", by)

    for month in recognised_revenue(quarter.installation, "default"):
        assert sum(row.revenue.amount_minor for row in rows if row.month == month.month) == month.revenue.amount_minor


def test_revenue_is_told_by_price_and_customer(quarter: Company) -> None:
    assert shown(revenue_by(quarter.installation, "default", RevenueSplit.CUSTOMER)) == [
        ["2026-01", "acme", "35.37", "1", "35.37"],
        ["2026-02", "acme", "40.59", "1", "40.59"],
    ]
    by_price = shown(revenue_by(quarter.installation, "default", RevenueSplit.PRICE, "2026-02"))
    assert ["2026-02", "base", "36.63", "1", "36.63"] in by_price
