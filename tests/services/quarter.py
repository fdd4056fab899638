"""A customer with a coupon, tax and credit, billed for a quarter; and the plan to try on it."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from gateway.core.credits.grant import CreditCategory
from gateway.core.invoicing.discounts import Coupon, CouponDuration, Discount, Percent
from gateway.core.invoicing.invoice import Invoice
from gateway.core.invoicing.taxes import TaxRate
from gateway.core.plans.plan import FlatFee, PlanVersion
from gateway.core.ports.billing_terms import TaxScope
from gateway.services.coupons_and_taxes import create_coupon, redeem_coupon, set_tax_rates
from gateway.services.grant_credit import GrantRequest, grant_credit
from tests.services.billing import FEBRUARY, JANUARY, MARCH, Company

APRIL = datetime(2026, 4, 1, tzinfo=UTC)


def pro(company: Company) -> PlanVersion:
    """The plan as published."""
    found: PlanVersion = company.read(lambda unit: unit.definitions.plan_version("pro"))
    return found


def dearer(plan: PlanVersion) -> PlanVersion:
    """Its next version, with a base fee of 59."""
    base, *others = plan.prices
    return replace(plan, version=plan.version + 1, prices=(replace(base, model=FlatFee(Decimal(59))), *others))


def bill_a_quarter(company: Company) -> list[Invoice]:
    """Acme's invoices of the first quarter, each made on time, with four calls a month."""
    company.clock.set(JANUARY)
    company.sign(ends_at=APRIL)
    give_terms(company)
    company.bill()
    for called_at, at in (("2026-01-05", FEBRUARY), ("2026-02-10", MARCH), ("2026-03-10", APRIL)):
        company.clock.set(at)
        company.call(f"{called_at}T12:00:00Z", times=4)
        company.bill()
    return company.invoices()


def give_terms(company: Company) -> None:
    """10 % off two invoices for acme, 20 % tax, a gift of 10.00 from February on and 80.00 of paid credit."""
    spring = Coupon(Discount("spring", Percent(Decimal(10))), CouponDuration.REPEATING, 2)
    create_coupon(company.installation, spring, "ada", "c1")
    redeem_coupon(company.installation, "spring", "acme", "ada", "c2")
    set_tax_rates(company.installation, TaxScope.CUSTOMER, "acme", [TaxRate("vat", Decimal(20))], "ada", "t1")
    paid = GrantRequest("acme", "USD", Decimal(80), "paid")
    gift = GrantRequest("acme", "USD", Decimal(10), "gift", CreditCategory.PROMOTIONAL, effective_at=FEBRUARY)
    for key, request in (("g1", paid), ("g2", gift)):
        grant_credit(company.installation, "ada", request, key)
