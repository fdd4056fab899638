"""Simulations say what invoices would be, and leave everything as it is."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.core.credits.grant import CreditCategory
from gateway.core.errors import InvalidValue, NotFound
from gateway.core.invoicing.discounts import Coupon, CouponDuration, Discount, Percent
from gateway.core.invoicing.invoice import Invoice, MeteredQuantity
from gateway.core.invoicing.taxes import TaxRate
from gateway.core.money import Money
from gateway.core.plans.plan import FlatFee, PlanVersion
from gateway.core.ports.billing_terms import TaxScope
from gateway.services.coupons_and_taxes import create_coupon, redeem_coupon, set_tax_rates
from gateway.services.grant_credit import GrantRequest, grant_credit
from gateway.services.simulate import Simulation, backtest, boundaries_max, draft_plan, simulate
from tests.services.billing import FEBRUARY, JANUARY, MARCH, Company, amounts, document

APRIL = datetime(2026, 4, 1, tzinfo=UTC)


def pro(company: Company) -> PlanVersion:
    """The plan as published."""
    found: PlanVersion = company.read(lambda unit: unit.definitions.plan_version("pro"))
    return found


def dearer(plan: PlanVersion) -> PlanVersion:
    """Its next version, with a base fee of 59."""
    base, *others = plan.prices
    return replace(plan, version=plan.version + 1, prices=(replace(base, model=FlatFee(Decimal(59))), *others))


def test_a_simulation_of_real_events_equals_what_is_billed(company: Company) -> None:
    company.sign()
    for at in ("2026-01-05T12:00:00Z", "2026-02-10T12:00:00Z"):
        company.call(at, times=4)
        company.upload(at, "8")
    company.bill(MARCH)

    simulated = simulate(company.installation, Simulation(pro(company), JANUARY, MARCH, "acme"))

    billed = company.invoices()
    assert [each.invoice.issued_on for each in simulated] == [each.issued_on for each in billed]
    assert [amounts(each.invoice) for each in simulated[1:-1]] == [amounts(each) for each in billed[1:-1]]
    # The simulated subscription ends with the span, so no fee in advance follows.
    assert amounts(simulated[-1].invoice) == [line for line in amounts(billed[-1]) if line[0] != "base"]


def test_what_was_billed_is_simulated_with_its_coupon_tax_and_credit(company: Company) -> None:
    billed = bill_a_quarter(company)

    simulated = simulate(company.installation, Simulation(pro(company), JANUARY, APRIL, "acme"))

    paid = company.read(lambda unit: unit.credits.paid_for([each.id for each in billed]))
    assert [each.invoice.lines for each in simulated] == [each.lines for each in billed]
    assert [each.due for each in simulated] == [each.total - Money(paid.get(each.id, 0), "USD") for each in billed]
    assert [(str(each.invoice.discount), str(each.invoice.tax), str(each.paid)) for each in simulated] == [
        ("4.90", "8.82", "52.92"),
        ("15.90", "8.62", "27.08"),
        ("0.00", "11.80", "0.00"),
        ("0.00", "2.00", "0.00"),
    ]


def test_a_simulation_begins_with_what_was_left_then(company: Company) -> None:
    billed = bill_a_quarter(company)

    simulated = simulate(company.installation, Simulation(pro(company), FEBRUARY, APRIL, "acme"))

    # In February one use of the coupon and 27.08 of the paid credit are left; the fee alone is billed then.
    assert [(discounts(each.invoice), str(each.paid)) for each in simulated] == [
        ({"spring", "promotional-credit-1"}, "27.08"),
        (set(), "0.00"),
        (set(), "0.00"),
    ]
    assert [each.invoice.lines for each in simulated[1:]] == [each.lines for each in billed[2:]]


def test_a_coupon_does_not_count_before_it_was_redeemed(sqlite_company: Company) -> None:
    sqlite_company.sign()
    sqlite_company.clock.set(MARCH)
    give_terms(sqlite_company)

    simulated = simulate(sqlite_company.installation, Simulation(pro(sqlite_company), JANUARY, APRIL, "acme"))

    assert ["spring" in discounts(each.invoice) for each in simulated] == [False, False, True, True]


def test_quantities_are_taxed_as_the_plan_is(sqlite_company: Company) -> None:
    vat = [TaxRate("vat", Decimal(20))]
    set_tax_rates(sqlite_company.installation, TaxScope.PLAN, "pro", vat, "ada", "t1")
    used = (MeteredQuantity("calls", 1, (), Decimal(10)),)

    simulated = simulate(sqlite_company.installation, Simulation(pro(sqlite_company), JANUARY, MARCH, quantities=used))

    assert [str(each.invoice.tax) for each in simulated] == ["9.80", "12.09", "2.29"]


def test_a_backtest_has_discounts_and_taxes(sqlite_company: Company) -> None:
    bill_a_quarter(sqlite_company)

    [compared] = backtest(sqlite_company.installation, dearer(pro(sqlite_company)), JANUARY, APRIL)

    # Three fees of 49.00 or 59.00, two of them less 10 %, and 20 % tax.
    assert (str(compared.before), str(compared.after)) == ("187.44", "221.04")


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


def discounts(invoice: Invoice) -> set[str]:
    """The discounts that take something off."""
    return {share.discount for line in invoice.lines for share in line.discounts if share.amount.amount_minor}


def test_given_quantities_are_rated_in_every_period(sqlite_company: Company) -> None:
    sqlite_company.define()
    used = (MeteredQuantity("calls", 1, (), Decimal(10)), MeteredQuantity("users", 1, (), Decimal(2)))

    simulated = simulate(
        sqlite_company.installation, Simulation(pro(sqlite_company), JANUARY, MARCH, quantities=used, time_zone="UTC")
    )

    usage = [("calls", "10", "11.43"), ("users", "2", "8.00")]
    assert [amounts(each.invoice) for each in simulated] == [
        [("base", "1", "49.00")],
        [("base", "1", "49.00"), *usage],
        usage,
    ]


def test_a_quantity_without_a_price_for_its_dimension_is_told(sqlite_company: Company) -> None:
    sqlite_company.define()
    used = (MeteredQuantity("traffic", 1, (("zone", "mars"),), Decimal(10)),)

    simulated = simulate(
        sqlite_company.installation, Simulation(pro(sqlite_company), JANUARY, FEBRUARY, quantities=used)
    )

    assert "traffic" not in {line.price for line in simulated[-1].invoice.lines}
    assert [fault.meter for fault in simulated[-1].left_out] == ["traffic"]


def test_a_draft_may_rate_a_meter_that_is_not_applied(sqlite_company: Company) -> None:
    sqlite_company.sign()
    sqlite_company.call("2026-01-05T12:00:00Z", times=3)
    definitions = document()
    definitions["meters"].append({**definitions["meters"][0], "key": "taps", "name": "Taps"})
    definitions["plans"] = [
        {
            "key": "next",
            "name": "Next",
            "currency": "USD",
            "interval": "month",
            "prices": [{"key": "taps", "name": "Taps", "meter": "taps", "model": "per_unit", "unit_amount": "2"}],
        }
    ]
    draft = draft_plan(sqlite_company.installation, definitions, "next")

    asked = Simulation(draft.plan, JANUARY, FEBRUARY, "acme", meters=draft.meters)

    assert [amounts(each.invoice) for each in simulate(sqlite_company.installation, asked)] == [[("taps", "3", "6.00")]]


def test_a_plan_that_a_document_does_not_have_is_named(sqlite_company: Company) -> None:
    with pytest.raises(NotFound, match="The document has no plan 'basic'; it has pro"):
        draft_plan(sqlite_company.installation, document(), "basic")


def test_nothing_is_stored(sqlite_company: Company) -> None:
    sqlite_company.sign()
    sqlite_company.call("2026-01-05T12:00:00Z")

    simulate(sqlite_company.installation, Simulation(pro(sqlite_company), JANUARY, MARCH, "acme"))
    backtest(sqlite_company.installation, dearer(pro(sqlite_company)), JANUARY, MARCH)

    assert sqlite_company.invoices() == []
    assert [plan.version for plan in sqlite_company.read(lambda unit: unit.definitions.plans())] == [1]


def test_a_backtest_tells_what_each_subscriber_would_have_paid(company: Company) -> None:
    company.sign("globex", starts_at=datetime(2026, 2, 1, tzinfo=UTC))
    company.sign("acme")
    company.call("2026-01-05T12:00:00Z", times=20, customer="acme")

    compared = backtest(company.installation, dearer(pro(company)), JANUARY, MARCH)

    assert [(each.subscription.customer, str(each.before), str(each.after)) for each in compared] == [
        ("acme", "133.33", "153.33"),
        ("globex", "59.00", "69.00"),
    ]
    assert [each.difference for each in compared] == [Money(2000, "USD"), Money(1000, "USD")]


def test_a_backtest_counts_only_the_part_of_a_subscription_in_the_span(sqlite_company: Company) -> None:
    sqlite_company.sign("acme", ends_at=FEBRUARY)
    sqlite_company.sign("globex", starts_at=MARCH)

    compared = backtest(sqlite_company.installation, dearer(pro(sqlite_company)), JANUARY, MARCH)

    assert [(each.subscription.customer, str(each.difference)) for each in compared] == [("acme", "10.00")]


def test_a_version_in_another_currency_cannot_be_compared(sqlite_company: Company) -> None:
    sqlite_company.sign()
    euro = replace(dearer(pro(sqlite_company)), currency="EUR")

    with pytest.raises(InvalidValue, match="is in USD, the other in EUR"):
        backtest(sqlite_company.installation, euro, JANUARY, MARCH)


def test_a_simulation_that_makes_no_sense_is_refused(sqlite_company: Company) -> None:
    sqlite_company.define()
    plan, used = pro(sqlite_company), (MeteredQuantity("calls", 1, (), Decimal(10)),)

    with pytest.raises(InvalidValue, match="must end after it starts at 2026-02-01T00:00:00Z"):
        Simulation(plan, FEBRUARY, JANUARY)
    with pytest.raises(InvalidValue, match="leave one of them out"):
        Simulation(plan, JANUARY, FEBRUARY, "acme", used)
    with pytest.raises(InvalidValue, match="has no price for the meter 'cells'"):
        Simulation(plan, JANUARY, FEBRUARY, quantities=(replace(used[0], meter="cells"),))
    with pytest.raises(NotFound, match="There is no customer 'nobody'"):
        simulate(sqlite_company.installation, Simulation(plan, JANUARY, FEBRUARY, "nobody"))
    with pytest.raises(InvalidValue, match=f"More than {boundaries_max} invoices"):
        simulate(sqlite_company.installation, Simulation(plan, JANUARY, datetime(2200, 1, 1, tzinfo=UTC)))
