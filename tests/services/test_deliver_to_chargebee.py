"""Delivering to Chargebee over loopback: a fault on any request leaves one customer and one issued invoice."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from gateway_chargebee import ChargebeeProvider

from gateway.core.delivery import DeliveryStatus
from gateway.core.invoicing.invoice import Invoice, PaymentStatus
from gateway.services.deliver import deliver_next
from gateway.services.follow_provider import apply_changes
from gateway.services.installation import Installation
from gateway.testing import FakeHost
from plugins.chargebee.tests.connecting import Chargebee, serving_site, settings_for
from plugins.chargebee.tests.fake_chargebee import FakeChargebee
from tests.services.delivering import World
from tests.storage.examples import line
from tests.support import FixedClock
from tests.vendors.loopback import PASSING, Fault

REQUESTS = 4
"""How many a delivery without faults takes."""


@pytest.fixture
def chargebee(clock: FixedClock) -> Iterator[Chargebee]:
    with serving_site(FakeChargebee(now=int(clock.now().timestamp()))) as running:
        yield running


@pytest.fixture
def provider(chargebee: Chargebee) -> ChargebeeProvider:
    return ChargebeeProvider("main", settings_for(chargebee), FakeHost())


@pytest.fixture
def world(sqlite_installation: Installation, clock: FixedClock) -> World:
    return World.of(sqlite_installation, clock)


def assert_there_once(chargebee: Chargebee, finals: list[Invoice]) -> None:
    made = {invoice["po_number"]: invoice for invoice in chargebee.fake.invoices.values()}
    assert len(made) == len(chargebee.fake.invoices) == len(finals)
    assert len(chargebee.fake.customers) == len(finals)
    for final in finals:
        invoice = made[f"gateway:{final.id}"]
        assert [line["amount"] for line in invoice["line_items"]] == [1250, 399]
        assert (invoice["status"], invoice["total"], invoice["currency_code"]) == ("posted", 1600, "EUR")


def test_an_invoice_arrives_whole_and_its_payment_comes_back(
    world: World, provider: ChargebeeProvider, chargebee: Chargebee
) -> None:
    final = world.finalize()
    assert world.deliver_over_wire(provider, chargebee.fake) == 1
    assert_there_once(chargebee, [final])
    assert len(chargebee.requests) == REQUESTS
    (invoice,) = chargebee.fake.invoices.values()
    chargebee.fake.pay(invoice)
    assert apply_changes(world.installation, "main", provider) == 1
    assert world.stored(final).payment_status is PaymentStatus.PAID


@pytest.mark.slow
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_on_any_request_leaves_one_issued_invoice(
    world: World, provider: ChargebeeProvider, chargebee: Chargebee, fault: Fault
) -> None:
    finals = []
    for number in range(1, REQUESTS + 1):
        finals.append(world.finalize(number))
        chargebee.fail_next(fault, after=number - 1)
        assert world.deliver_over_wire(provider, chargebee.fake) >= 2, number
        assert_there_once(chargebee, finals)


@pytest.mark.parametrize("fault", PASSING)
def test_faults_again_and_again_leave_one_issued_invoice(
    world: World, provider: ChargebeeProvider, chargebee: Chargebee, fault: Fault
) -> None:
    final = world.finalize()
    chargebee.faults = dict.fromkeys(range(3, 300, 7), fault)
    world.deliver_over_wire(provider, chargebee.fake)
    assert_there_once(chargebee, [final])


@pytest.mark.parametrize("after", range(REQUESTS))
def test_a_delivery_that_comes_back_after_keys_expired_leaves_one_invoice(
    world: World, provider: ChargebeeProvider, chargebee: Chargebee, after: int
) -> None:
    final = world.finalize()
    chargebee.fail_next(Fault.LOST_ANSWER, after=after)
    deliver_next(world.installation, "main", provider)
    world.clock.advance(timedelta(days=3))
    chargebee.fake.now = int(world.clock.now().timestamp())
    world.deliver_over_wire(provider, chargebee.fake)
    assert_there_once(chargebee, [final])


def test_thousands_of_lines_arrive_as_one_for_each_price_with_a_link_to_them_all(
    world: World, provider: ChargebeeProvider, chargebee: Chargebee
) -> None:
    final = world.finalize(
        lines=(*(line(1, description=f"Traffic {n}") for n in range(3000)), line(500, price="seats"))
    )
    linking = replace(world.installation, detail_url="https://billing.example/{number}")
    deliver_next(linking, "main", provider)
    (invoice,) = chargebee.fake.invoices.values()
    assert [(each["description"], each["amount"]) for each in invoice["line_items"]] == [
        ("traffic: 3000 lines", 3000),
        ("Traffic (eu, größer)", 500),
    ]
    (sent,) = chargebee.writes("/invoices/create_for_charge_items_and_charges")
    assert sent["invoice_note"] == f"Invoice {final.number}\nAll lines: https://billing.example/{final.number}"


def test_an_invoice_without_an_amount_is_settled_here_and_nothing_is_sent(
    world: World, provider: ChargebeeProvider, chargebee: Chargebee
) -> None:
    final = world.finalize(lines=(line(0), line(0)))
    report = world.deliver(provider)
    assert report is not None
    assert report.status is DeliveryStatus.DELIVERED
    assert report.reason == "Nothing is due, and the provider takes no invoice without an amount"
    assert world.stored(final).payment_status is PaymentStatus.PAID
    assert chargebee.requests == []


def test_an_invoice_that_a_person_changed_is_parked_with_both_totals(
    world: World, provider: ChargebeeProvider, chargebee: Chargebee
) -> None:
    world.finalize()
    chargebee.fail_next(Fault.THROTTLED, after=REQUESTS - 1)
    deliver_next(world.installation, "main", provider)
    (draft,) = chargebee.fake.invoices.values()
    draft["total"] += 500
    world.clock.advance(timedelta(minutes=1))
    deliver_next(world.installation, "main", provider)
    (delivery,) = world.deliveries()
    assert delivery.status is DeliveryStatus.PARKED
    assert delivery.reason is not None
    assert "21.00 EUR" in delivery.reason
    assert "16.00 EUR" in delivery.reason
    assert draft["status"] == "pending"
