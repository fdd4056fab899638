"""The draft of a running period, before anything is billed."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.core.credits.grant import CreditCategory
from gateway.core.invoicing.discounts import Coupon, CouponDuration, Discount, Percent
from gateway.core.invoicing.taxes import TaxRate
from gateway.core.money import Money
from gateway.core.ports.billing_terms import TaxScope
from gateway.services.coupons_and_taxes import create_coupon, redeem_coupon, set_tax_rates
from gateway.services.grant_credit import GrantRequest, grant_credit
from gateway.services.preview_invoice import InvoicePreview, preview_invoice
from tests.services.billing import FEBRUARY, Company, Counting, amounts

MID_JANUARY = datetime(2026, 1, 15, tzinfo=UTC)


@pytest.fixture
def running(company: Company) -> Company:
    """Acme in the middle of January, with tax of 20 %."""
    company.define()
    company.sign()
    company.clock.set(MID_JANUARY)
    set_tax_rates(company.installation, TaxScope.CUSTOMER, "acme", [TaxRate("vat", Decimal(20))], "ada", "t1")
    return company


def preview(company: Company) -> InvoicePreview:
    """The preview of Acme's subscription."""
    [subscription] = company.read(lambda unit: unit.definitions.subscriptions(["acme"]))
    found = preview_invoice(company.installation, company.projector, subscription.id)
    assert found is not None
    return found


def test_a_preview_is_what_the_end_of_the_period_bills_if_nothing_more_is_used(running: Company) -> None:
    running.call("2026-01-10T12:00:00Z", times=5)
    shown = preview(running).invoice

    running.bill(FEBRUARY)

    billed = running.invoices()[1]
    assert amounts(shown) == amounts(billed)
    assert (shown.lines, shown.total, shown.terms) == (billed.lines, billed.total, billed.terms)
    assert shown.inputs_hash == billed.inputs_hash


def test_a_preview_has_the_coupons_and_the_credit_that_the_invoice_will_have(running: Company) -> None:
    running.bill()
    give_terms(running)
    grant_credit(running.installation, "ada", GrantRequest("acme", "USD", Decimal(4), "paid"), "g2")
    lasting = GrantRequest("acme", "USD", Decimal(100), "gone by then", expires_at=datetime(2026, 1, 31, tzinfo=UTC))
    grant_credit(running.installation, "ada", lasting, "g3")
    running.call("2026-01-10T12:00:00Z", times=5)
    shown = preview(running)

    running.bill(FEBRUARY)

    billed = running.invoices()[1]
    paid = running.read(lambda unit: unit.credits.paid_for([billed.id]))
    assert (shown.invoice.lines, shown.invoice.terms) == (billed.lines, billed.terms)
    assert {share.discount for line in billed.lines for share in line.discounts} == {"spring", "promotional-credit-1"}
    assert (shown.paid, paid) == (Money(400, "USD"), {billed.id: 400})
    assert shown.due == billed.total - Money(400, "USD")


def give_terms(company: Company) -> None:
    """10 % off two invoices for acme, and 5.00 as a gift."""
    spring = Coupon(Discount("spring", Percent(Decimal(10))), CouponDuration.REPEATING, 2)
    create_coupon(company.installation, spring, "ada", "c1")
    redeem_coupon(company.installation, "spring", "acme", "ada", "c2")
    gift = GrantRequest("acme", "USD", Decimal(5), "gift", CreditCategory.PROMOTIONAL)
    grant_credit(company.installation, "ada", gift, "g1")


def test_nothing_of_a_preview_is_stored(running: Company) -> None:
    preview(running)

    assert running.invoices() == []


def test_usage_without_a_price_is_left_out_and_named(running: Company) -> None:
    running.upload("2026-01-10T12:00:00Z", 5, zone="moon")

    [item] = preview(running).left_out

    assert (item.meter, item.dimensions) == ("traffic", (("zone", "moon"),))


def test_there_is_no_preview_before_a_subscription_begins_or_of_an_unknown_one(running: Company) -> None:
    later = running.sign("globex", FEBRUARY)

    assert preview_invoice(running.installation, running.projector, later.id) is None
    assert preview_invoice(running.installation, running.projector, "sub_9") is None


def test_the_number_of_statements_does_not_grow_with_the_number_of_events(running: Company) -> None:
    def statements() -> int:
        counting = Counting(running.installation.storage)
        watched = replace(running.installation, storage=counting)
        [subscription] = running.read(lambda unit: unit.definitions.subscriptions(["acme"]))
        preview_invoice(watched, running.projector, subscription.id)
        return counting.statements

    running.call("2026-01-10T12:00:00Z")
    few = statements()
    running.call("2026-01-11T12:00:00Z", times=300)

    assert statements() == few
