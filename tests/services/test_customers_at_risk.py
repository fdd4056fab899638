"""Customers at risk, as the gateway finds them."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.customers_at_risk import RiskReason
from gateway.core.errors import InvalidValue
from gateway.core.invoicing.invoice import PaymentStatus
from gateway.services.customers_at_risk import customers_at_risk
from tests.services.billing import FEBRUARY, JANUARY, Company, Counting

ON_THE_21ST_OF_MAY = datetime(2026, 5, 21, tzinfo=UTC)


def use(company: Company, customer: str, last: int) -> None:
    """Two calls a day from New Year to early in May, and then `last`."""
    company.sign(customer)
    for day in range(140):
        at = f"{JANUARY + timedelta(days=day, hours=9):%Y-%m-%dT%H:%M:%SZ}"
        times = 2 if day < 126 else last
        if times:
            company.call(at, "ann", customer, times=times)


def found(company: Company, reason: RiskReason | None = None) -> list[tuple[str, RiskReason]]:
    risks = customers_at_risk(company.installation, company.projector, reason)
    return [(each.customer, each.reason) for each in risks]


def set_payment(company: Company, invoice_id: str, status: PaymentStatus) -> None:
    company.installation.storage.transact(
        lambda unit: unit.invoices.update_payment(invoice_id, status, ON_THE_21ST_OF_MAY)
    )


def test_customers_are_named_with_the_figures(company: Company) -> None:
    company.clock.set(ON_THE_21ST_OF_MAY)
    for customer, last in (("fell", 0), ("jumped", 12), ("steady", 2)):
        use(company, customer, last)

    falling, spike = customers_at_risk(company.installation, company.projector)

    assert (falling.customer, falling.reason, falling.meter) == ("fell", RiskReason.USAGE_FALLING, "calls")
    assert (falling.quantity_before, falling.quantity_now) == (28, 0)
    # Usage of 31 days: 62 calls for 62.91 - and a user for 4.00; now it is many times as much.
    assert (spike.customer, spike.reason, str(spike.amount_before)) == ("jumped", RiskReason.USAGE_SPIKE, "66.91")
    assert spike.amount_now is not None
    assert spike.amount_now.amount > 2 * 66
    assert found(company, RiskReason.USAGE_SPIKE) == [("jumped", RiskReason.USAGE_SPIKE)]
    assert found(company, RiskReason.FAILED_PAYMENT) == []


def test_payments_that_failed_are_found(company: Company) -> None:
    company.sign("paid")
    company.sign("late")
    company.sign("given-up")
    company.bill(JANUARY)
    for customer, status in (("paid", PaymentStatus.PAID), ("given-up", PaymentStatus.UNCOLLECTIBLE)):
        [invoice] = company.invoices(customer)
        set_payment(company, invoice.id, status)
    before = found(company)

    company.clock.set(FEBRUARY + timedelta(days=1))

    assert before == [("given-up", RiskReason.FAILED_PAYMENT)]
    assert found(company) == [("given-up", RiskReason.FAILED_PAYMENT), ("late", RiskReason.FAILED_PAYMENT)]


def test_statements_do_not_grow_with_customers(sqlite_company: Company) -> None:
    sqlite_company.clock.set(ON_THE_21ST_OF_MAY)
    sqlite_company.sign("first")

    def statements() -> int:
        counting = Counting(sqlite_company.installation.storage)
        customers_at_risk(sqlite_company.on(counting).installation, sqlite_company.projector)
        return counting.statements

    alone = statements()
    for number in range(3):
        sqlite_company.sign(f"another-{number}")

    assert statements() == alone


def test_more_subscriptions_than_may_be_are_refused(sqlite_company: Company) -> None:
    sqlite_company.sign()

    with pytest.raises(InvalidValue, match="1 subscriptions are more than 0; use `gateway reports at-risk`"):
        customers_at_risk(sqlite_company.installation, sqlite_company.projector, subscriptions_max=0)
