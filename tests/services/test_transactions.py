"""Transactions that are rated one by one, from the event to the invoice, and the terms of a price."""

from decimal import Decimal

import pytest

from gateway.core.errors import InvalidDefinition, InvalidValue
from gateway.core.numbers import plain
from gateway.services.cost import running_costs
from gateway.services.define import apply_definitions
from gateway.services.forecast import forecasts
from gateway.services.replay_invoice import replay_invoice
from gateway.services.simulate import Simulation, given_quantity, simulate
from tests.core.samples import at
from tests.services.billing import FEBRUARY, Company, document

PAYMENTS = """
[[meters]]
key = "payments"
name = "Payments"
event_type = "upload"
aggregation = "sum"
value = "gigabytes"
dimensions = ["zone"]
unit = "dollar"

[[plans]]
key = "pro"
name = "Pro"
currency = "USD"
interval = "month"

[[plans.prices]]
key = "payments"
name = "Payments"
meter = "payments"
model = "percentage"
rate_percent = "1"
fixed_amount = "0.30"
free_transactions = 1
transaction_maximum = "5"
minimum_amount = "2.00"
"""


DAYS = [("2026-01-20", "1000"), ("2026-01-10", "100"), ("2026-01-30", "200"), ("2026-01-31", "-50")]


@pytest.fixture
def marketplace(company: Company) -> Company:
    """The company, paid by the transaction, with a customer who had four of them."""
    apply_definitions(company.installation, document(PAYMENTS))
    company.sign()
    for day, value in DAYS:
        company.upload(f"{day}T12:00:00Z", value, zone=f"zone-{value}")
    return company


def test_each_transaction_is_billed_by_its_own_value(marketplace: Company) -> None:
    marketplace.bill(FEBRUARY)

    [line] = marketplace.invoices()[0].lines
    assert (line.quantity, str(line.amount)) == (Decimal(1250), "6.80")
    assert [(step.label, plain(step.amount)) for step in line.steps] == [
        ("free", "0"),
        ("1 percent", "1.8"),
        ("at the maximum for a transaction", "5"),
    ]


def test_an_invoice_of_transactions_is_rated_the_same_again(marketplace: Company) -> None:
    marketplace.bill(FEBRUARY)
    [invoice] = marketplace.invoices()

    replay = marketplace.read(lambda unit: replay_invoice(unit, invoice))

    assert (replay.invoice.inputs_hash, replay.invoice.lines) == (invoice.inputs_hash, invoice.lines)


@pytest.mark.parametrize(
    ("now", "asked", "cost"),
    [("2026-01-15", None, "0.00"), ("2026-01-25", None, "5.00"), ("2026-01-31", "2026-01-25", "5.00")],
)
def test_what_transactions_cost_so_far_is_known_before_the_end(
    marketplace: Company, now: str, asked: str | None, cost: str
) -> None:
    [subscription] = marketplace.read(lambda unit: unit.definitions.subscriptions())
    marketplace.clock.set(at(now))

    found = running_costs(
        marketplace.installation, marketplace.projector, [subscription.id], None if asked is None else at(asked)
    )[subscription.id]

    assert [str(line.amount) for line in found.so_far] == [cost]


def test_transactions_are_projected_as_they_came_so_far(marketplace: Company) -> None:
    [subscription] = marketplace.read(lambda unit: unit.definitions.subscriptions())
    marketplace.clock.set(at("2026-01-21"))

    found = forecasts(marketplace.installation, marketplace.projector, [subscription.id])[subscription.id]

    # 100 (free) and 1000 (at the maximum of 5.00) in 20 days make three in 31: another 100, at 1 % and 0.30.
    [line] = found.lines
    assert (line.quantity, str(line.amount), found.unprojected) == (Decimal(1200), "6.30", frozenset())


def test_given_transactions_are_simulated(marketplace: Company) -> None:
    plan = marketplace.read(lambda unit: unit.definitions.plan_version("pro"))
    used = given_quantity("payments", (), None, [Decimal(100), Decimal(1000), Decimal(200), Decimal(-50)])

    [simulated] = simulate(marketplace.installation, Simulation(plan, at("2026-01-01"), FEBRUARY, quantities=(used,)))

    [line] = simulated.invoice.lines
    assert (line.quantity, str(line.amount)) == (Decimal(1250), "6.80")


def test_what_cannot_be_simulated_of_transactions_says_why(marketplace: Company) -> None:
    plan = marketplace.read(lambda unit: unit.definitions.plan_version("pro"))

    used = given_quantity("payments", (), Decimal(1250))
    with pytest.raises(InvalidValue, match="give their values one by one instead of 1250 in all"):
        Simulation(plan, at("2026-01-01"), FEBRUARY, quantities=(used,))
    for both in ((None, []), (Decimal(1), [Decimal(1)])):
        with pytest.raises(InvalidValue, match="'payments', or single transactions"):
            given_quantity("payments", (), *both)


def test_a_minimum_is_due_at_the_end_only(company: Company) -> None:
    apply_definitions(company.installation, document(PAYMENTS))
    subscription = company.sign()
    company.clock.set(at("2026-01-15"))

    asked = (company.installation, company.projector, [subscription.id])

    so_far, forecast = running_costs(*asked)[subscription.id], forecasts(*asked)[subscription.id]

    assert ([str(line.amount) for line in so_far.so_far], str(forecast.range.expected)) == (["0.00"], "2.00")


def test_transactions_need_a_meter_that_sums_values_as_they_are(company: Company) -> None:
    counted = document(PAYMENTS.replace('aggregation = "sum"', 'aggregation = "max"').replace('["zone"]', "[]"))

    with pytest.raises(InvalidDefinition, match="no plain sum of values"):
        apply_definitions(company.installation, counted)
