"""Simulations say what invoices would be, and leave everything as it is."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.core.errors import InvalidValue, NotFound
from gateway.core.invoicing.invoice import MeteredQuantity
from gateway.core.money import Money
from gateway.core.plans.plan import FlatFee, PlanVersion
from gateway.services.simulate import Simulation, backtest, boundaries_max, draft_plan, simulate
from tests.services.billing import FEBRUARY, JANUARY, MARCH, Company, amounts, document


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
