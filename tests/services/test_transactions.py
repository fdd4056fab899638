"""Transactions that are rated one by one, from the event to the invoice, and the terms of a price."""

from decimal import Decimal

import pytest

from gateway.core.errors import InvalidDefinition
from gateway.core.numbers import plain
from gateway.services.cost import running_costs
from gateway.services.define import apply_definitions
from gateway.services.replay_invoice import replay_invoice
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


def test_a_minimum_is_due_at_the_end_only(company: Company) -> None:
    apply_definitions(company.installation, document(PAYMENTS))
    subscription = company.sign()
    company.clock.set(at("2026-01-15"))

    found = running_costs(company.installation, company.projector, [subscription.id])[subscription.id]

    assert ([str(line.amount) for line in found.so_far], str(found.projected_total)) == (["0.00"], "2.00")


def test_transactions_need_a_meter_that_sums_values_as_they_are(company: Company) -> None:
    counted = document(PAYMENTS.replace('aggregation = "sum"', 'aggregation = "max"').replace('["zone"]', "[]"))

    with pytest.raises(InvalidDefinition, match="no plain sum of values"):
        apply_definitions(company.installation, counted)
