"""Delivering to Recurly over loopback: a fault on any request leaves one account and one complete invoice."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from gateway_recurly import RecurlyProvider, RecurlySettings
from pydantic import SecretStr

from gateway.core.delivery import DeliveryStatus
from gateway.core.invoicing.invoice import Invoice, PaymentStatus
from gateway.services.deliver import deliver_next
from gateway.services.follow_provider import apply_changes
from gateway.services.installation import Installation
from gateway.testing import FakeHost
from plugins.recurly.tests.fake_recurly import FakeRecurly, Loopback, serving
from tests.services.delivering import World
from tests.support import FixedClock
from tests.vendors.loopback import PASSING, Fault

REQUESTS = 5
"""How many a delivery without faults takes."""


@pytest.fixture
def loopback(clock: FixedClock) -> Iterator[Loopback]:
    with serving(FakeRecurly(now=int(clock.now().timestamp()))) as running:
        yield running


@pytest.fixture
def provider(loopback: Loopback) -> RecurlyProvider:
    settings = RecurlySettings(
        api_key=SecretStr(loopback.fake.api_key), subdomain=loopback.fake.subdomain, api_base=loopback.url
    )
    return RecurlyProvider("main", settings, FakeHost())


@pytest.fixture
def world(sqlite_installation: Installation, clock: FixedClock) -> World:
    return World.of(sqlite_installation, clock)


def assert_there_once(loopback: Loopback, finals: list[Invoice]) -> None:
    recurly = loopback.fake
    made = {invoice["po_number"]: invoice for invoice in recurly.invoices.values()}
    assert set(made) == {final.id for final in finals}
    assert len(made) == len(recurly.invoices)
    for invoice in made.values():
        # 12.50 and 3.99, less a credit of 0.49.
        assert [str(line["amount"]) for line in invoice["line_items"]] == ["12.50", "3.50"]
        assert (invoice["state"], str(invoice["total"]), invoice["currency"]) == ("pending", "16.00", "EUR")


def test_an_invoice_arrives_whole_and_its_payment_comes_back(
    world: World, provider: RecurlyProvider, loopback: Loopback
) -> None:
    final = world.finalize()
    assert world.deliver_over_wire(provider, loopback.fake) == 1
    assert_there_once(loopback, [final])
    assert len(loopback.requests) == REQUESTS
    (invoice,) = loopback.fake.invoices.values()
    loopback.fake.pay(invoice)
    assert apply_changes(world.installation, "main", provider) == 1
    assert world.stored(final).payment_status is PaymentStatus.PAID


@pytest.mark.slow
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_on_any_request_leaves_one_complete_invoice(
    world: World, provider: RecurlyProvider, loopback: Loopback, fault: Fault
) -> None:
    finals = []
    for number in range(1, REQUESTS + 1):
        finals.append(world.finalize(number))
        loopback.fail_next(fault, after=number - 1)
        assert world.deliver_over_wire(provider, loopback.fake) >= 2, number
        assert_there_once(loopback, finals)


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_on_every_seventh_request_leaves_one_complete_invoice(
    world: World, provider: RecurlyProvider, loopback: Loopback, fault: Fault
) -> None:
    final = world.finalize()
    loopback.faults = dict.fromkeys(range(3, 300, 7), fault)
    world.deliver_over_wire(provider, loopback.fake)
    assert_there_once(loopback, [final])


def test_a_delivery_that_comes_back_after_keys_expired_finds_its_invoice(
    world: World, provider: RecurlyProvider, loopback: Loopback
) -> None:
    final = world.finalize()
    loopback.fail_next(Fault.LOST_ANSWER, after=3)
    deliver_next(world.installation, "main", provider)
    world.clock.advance(timedelta(days=3))
    loopback.fake.now = int(world.clock.now().timestamp())
    world.deliver_over_wire(provider, loopback.fake)
    assert_there_once(loopback, [final])


def test_an_invoice_that_recurly_would_change_is_parked_with_both_totals(
    world: World, provider: RecurlyProvider, loopback: Loopback
) -> None:
    world.finalize()
    loopback.fake.coupon_percent += 10
    deliver_next(world.installation, "main", provider)
    (delivery,) = world.deliveries()
    assert delivery.status is DeliveryStatus.PARKED
    assert delivery.reason is not None
    assert "14.40 EUR" in delivery.reason
    assert "16.00 EUR" in delivery.reason
    assert loopback.fake.invoices == {}
