"""Simulations say what invoices would be, and leave everything as it is."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.core.errors import InvalidValue, NotFound
from gateway.core.invoicing.invoice import Invoice, MeteredQuantity
from gateway.core.invoicing.taxes import TaxRate
from gateway.core.money import Money
from gateway.core.plans.invoice_thresholds import InvoiceThresholds
from gateway.core.ports.billing_terms import TaxScope
from gateway.services.backtest import Backtest, backtest
from gateway.services.cancel_subscription import cancel_subscription
from gateway.services.coupons_and_taxes import set_tax_rates
from gateway.services.record_phases import Change, Moment
from gateway.services.simulate import Simulation, draft_plan, simulate
from gateway.services.simulated_invoices import boundaries_max
from tests.services.billing import FEBRUARY, JANUARY, MARCH, Company, amounts, document
from tests.services.quarter import APRIL, bill_a_quarter, dearer, give_terms, pro


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


def test_what_invoices_left_as_credit_is_not_there_beside_those_simulated(company: Company) -> None:
    company.clock.set(JANUARY)
    made = company.sign()
    company.bill()
    company.clock.set(datetime(2026, 1, 16, 12, tzinfo=UTC))
    cancel_subscription(company.installation, Change(made.id, Moment.NOW, "ada", "c"))
    company.bill()
    [*_, closing] = company.invoices()
    assert str(closing.carried_over) == "19.50"

    simulated = simulate(company.installation, Simulation(pro(company), JANUARY, MARCH, "acme"))

    assert [str(each.paid) for each in simulated] == ["0.00", "0.00", "0.00"]


def test_a_coupon_does_not_count_before_it_was_redeemed(sqlite_company: Company) -> None:
    sqlite_company.sign()
    sqlite_company.clock.set(MARCH)
    give_terms(sqlite_company)

    simulated = simulate(sqlite_company.installation, Simulation(pro(sqlite_company), JANUARY, APRIL, "acme"))

    assert ["spring" in discounts(each.invoice) for each in simulated] == [False, False, True, True]


def test_what_an_invoice_below_zero_leaves_pays_the_next_one(sqlite_company: Company) -> None:
    definitions = document()
    del definitions["plans"][0]["commitments"]
    sqlite_company.define(definitions)
    sqlite_company.sign()
    for at, gigabytes in (("2026-01-05T12:00:00Z", -1000), ("2026-02-05T12:00:00Z", 1000)):
        sqlite_company.upload(at, gigabytes)

    simulated = simulate(sqlite_company.installation, Simulation(pro(sqlite_company), JANUARY, APRIL, "acme"))

    assert [(str(each.invoice.total), str(each.paid), str(each.due)) for each in simulated] == [
        ("49.00", "0.00", "49.00"),
        ("-76.00", "0.00", "0.00"),
        ("174.00", "76.00", "98.00"),
        ("0.00", "0.00", "0.00"),
    ]


def test_quantities_are_taxed_as_the_plan_is(sqlite_company: Company) -> None:
    vat = [TaxRate("vat", Decimal(20))]
    set_tax_rates(sqlite_company.installation, TaxScope.PLAN, "pro", vat, "ada", "t1")
    used = (MeteredQuantity("calls", 1, (), Decimal(10)),)

    simulated = simulate(sqlite_company.installation, Simulation(pro(sqlite_company), JANUARY, MARCH, quantities=used))

    assert [str(each.invoice.tax) for each in simulated] == ["9.80", "12.09", "2.29"]


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


def test_usage_that_is_billed_early_is_shown_whole_and_says_so(sqlite_company: Company) -> None:
    early = replace(pro(sqlite_company), invoice_thresholds=InvoiceThresholds(period=(Decimal(1),)))
    quantities = (MeteredQuantity("calls", 1, (), Decimal(120)),)

    whole, said = (
        simulate(sqlite_company.installation, Simulation(plan, JANUARY, MARCH, quantities=quantities))
        for plan in (pro(sqlite_company), early)
    )

    assert [each.invoice.total for each in said] == [each.invoice.total for each in whole]
    assert not any(each.includes_progressive for each in whole)
    assert [each.includes_progressive for each in said] == [False, True, True]


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
    backtest(sqlite_company.installation, Backtest(dearer(pro(sqlite_company)), JANUARY, MARCH))

    assert sqlite_company.invoices() == []
    assert [plan.version for plan in sqlite_company.read(lambda unit: unit.definitions.plans())] == [1]


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
