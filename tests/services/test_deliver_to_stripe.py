"""Delivering to Stripe over loopback: a fault on any request leaves one customer and one complete invoice."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from gateway_stripe import StripeProvider, StripeSettings
from pydantic import SecretStr

from gateway.core.delivery import DeliveryStatus
from gateway.core.invoicing.invoice import Invoice, PaymentStatus
from gateway.services.deliver import deliver_next
from gateway.services.follow_provider import apply_changes
from gateway.services.installation import Installation
from gateway.testing import FakeHost
from plugins.stripe.tests.fake_stripe import FakeStripe
from plugins.stripe.tests.loopback import Fault, Loopback, serving
from tests.services.delivering import LINES, World
from tests.support import FixedClock
from tests.vendors.loopback import PASSING

REQUESTS = 8
"""How many a delivery without faults takes."""


@pytest.fixture
def loopback(clock: FixedClock) -> Iterator[Loopback]:
    with serving(FakeStripe(now=int(clock.now().timestamp()))) as running:
        yield running


@pytest.fixture
def provider(loopback: Loopback) -> StripeProvider:
    settings = StripeSettings(api_key=SecretStr(loopback.stripe.api_key), api_base=loopback.url)
    return StripeProvider("main", settings, FakeHost())


@pytest.fixture
def world(sqlite_installation: Installation, clock: FixedClock) -> World:
    return World.of(sqlite_installation, clock)


def assert_there_once(loopback: Loopback, finals: list[Invoice]) -> None:
    stripe = loopback.stripe
    made = {invoice["metadata"]["gateway_id"]: invoice for invoice in stripe.invoices.values()}
    assert len(made) == len(stripe.invoices) == len(finals)
    payers = [customer["metadata"]["gateway_id"] for customer in stripe.customers.values()]
    assert len(payers) == len(set(payers))
    for final in finals:
        invoice = made[final.id]
        items = stripe.items_of(invoice["id"])
        assert sorted(item["amount"] for item in items) == sorted(line.amount.amount_minor for line in LINES)
        assert (invoice["status"], invoice["total"], invoice["currency"]) == ("open", 1600, "eur")


def test_an_invoice_arrives_whole_and_its_payment_comes_back(
    world: World, provider: StripeProvider, loopback: Loopback
) -> None:
    final = world.finalize()
    assert world.deliver_over_wire(provider, loopback.stripe) == 1
    assert_there_once(loopback, [final])
    assert len(loopback.requests) == REQUESTS
    (invoice,) = loopback.stripe.invoices.values()
    loopback.stripe.become(invoice, "paid")
    assert apply_changes(world.installation, "main", provider) == 1
    assert world.stored(final).payment_status is PaymentStatus.PAID


@pytest.mark.slow
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_on_any_request_leaves_one_complete_invoice(
    world: World, provider: StripeProvider, loopback: Loopback, fault: Fault
) -> None:
    finals = []
    for number in range(1, REQUESTS + 1):
        finals.append(world.finalize(number))
        loopback.fail_next(fault, after=number - 1)
        assert world.deliver_over_wire(provider, loopback.stripe) >= 2, number
        assert_there_once(loopback, finals)


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_on_every_third_request_leaves_one_complete_invoice(
    world: World, provider: StripeProvider, loopback: Loopback, fault: Fault
) -> None:
    final = world.finalize()
    loopback.faults = dict.fromkeys(range(3, 300, 7), fault)
    world.deliver_over_wire(provider, loopback.stripe)
    assert_there_once(loopback, [final])


def test_a_delivery_that_comes_back_after_keys_expired_completes_the_draft(
    world: World, provider: StripeProvider, loopback: Loopback
) -> None:
    final = world.finalize()
    loopback.fail_next(Fault.LOST_ANSWER, after=3)
    deliver_next(world.installation, "main", provider)
    world.clock.advance(timedelta(days=3))
    loopback.stripe.now = int(world.clock.now().timestamp())
    world.deliver_over_wire(provider, loopback.stripe)
    assert_there_once(loopback, [final])


def test_a_draft_that_a_person_changed_is_parked_with_both_totals(
    world: World, provider: StripeProvider, loopback: Loopback
) -> None:
    world.finalize()
    loopback.fail_next(Fault.THROTTLED, after=7)
    deliver_next(world.installation, "main", provider)
    (draft,) = loopback.stripe.invoices.values()
    loopback.stripe.add_by_hand(draft, 500)
    world.clock.advance(timedelta(minutes=1))
    deliver_next(world.installation, "main", provider)
    (delivery,) = world.deliveries()
    assert delivery.status is DeliveryStatus.PARKED
    assert delivery.reason is not None
    assert "21.00 EUR" in delivery.reason
    assert "16.00 EUR" in delivery.reason
    assert draft["status"] == "draft"
