"""Payments that came by another way: kept here, recorded by the provider once."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, cast

import pytest

from gateway.core.delivery import DeliveryStatus
from gateway.core.errors import IllegalTransition, InvalidValue, KeyReused
from gateway.core.invoicing.credit_notes import CreditItem
from gateway.core.invoicing.invoice import Invoice, PaidBy, PaymentStatus
from gateway.core.money import Money
from gateway.plugin_api import Ambiguous, BillingProvider, DocumentKind, ExternalDocument
from gateway.services.credit_invoice import CreditRequest, credit_invoice
from gateway.services.record_payment import PaymentRequest, due_of, record_payment, whole_minor
from tests.services.delivering import World

DAY = date(2026, 3, 1)


def delivered(world: World) -> Invoice:
    final = world.finalize(1)
    world.deliver_until_settled()
    return final


def pay(world: World, final: Invoice, minor: int | None = None, key: str = "k") -> str:
    request = PaymentRequest(final.id, DAY, minor, "bank transfer", "RF18")
    return record_payment(world.installation, request, "key_jo", key)


def due(world: World, final: Invoice) -> Money:
    return world.installation.storage.read(lambda unit: due_of(unit, final))


def test_a_payment_of_all_makes_the_invoice_paid_out_of_band(world: World) -> None:
    final = delivered(world)
    made = pay(world, final)
    assert world.stored(final).payment_status is PaymentStatus.UNPAID
    world.deliver_until_settled()
    stored = world.stored(final)
    assert (stored.payment_status, stored.paid_by) == (PaymentStatus.PAID, PaidBy.OUT_OF_BAND)
    (kept,) = world.installation.storage.read(lambda unit: unit.invoices.payments([final.id]))[final.id]
    assert (kept.id, kept.amount, kept.due, kept.actor) == (made, Money(1600, "EUR"), Money(1600, "EUR"), "key_jo")
    assert (kept.received_on, kept.method, kept.reference) == (DAY, "bank transfer", "RF18")


def test_payments_of_parts_pay_it_together(world: World) -> None:
    final = delivered(world)
    pay(world, final, 1000, "first")
    world.deliver_until_settled()
    assert world.stored(final).payment_status is PaymentStatus.UNPAID
    assert due(world, final) == Money(600, "EUR")
    pay(world, final, None, "second")
    world.deliver_until_settled()
    assert world.stored(final).payment_status is PaymentStatus.PAID


def test_what_was_credited_is_not_due_any_more(world: World) -> None:
    final = delivered(world)
    request = CreditRequest(final.id, "Outage", items=(CreditItem(0, Money(500, "EUR")),))
    credit_invoice(world.installation, request, "ada", "credit")
    assert due(world, final) == Money(1100, "EUR")
    pay(world, final)
    world.deliver_until_settled()
    assert world.stored(final).payment_status is PaymentStatus.PAID


def test_a_payment_that_is_sent_twice_is_recorded_once(world: World) -> None:
    final = delivered(world)
    assert pay(world, final, 1000) == pay(world, final, 1000)
    with pytest.raises(KeyReused):
        pay(world, final, 999)

    def lose(ref: str, payment: Any, key: str) -> ExternalDocument:
        world.provider.record_payment(ref, payment, key)
        raise Ambiguous("no answer")

    kind = type("Losing", (), {
        "__getattr__": lambda _, name: getattr(world.provider, name), "record_payment": staticmethod(lose)
    })  # fmt: skip
    world.deliver(cast(BillingProvider, kind()))
    world.deliver_until_settled()
    (there,) = world.at_provider(DocumentKind.INVOICE, final.id)
    assert there.amount_paid == Money(1000, "EUR")


def test_a_provider_that_records_no_payments_parks_with_what_to_do(world: World) -> None:
    final = delivered(world)
    pay(world, final)
    poorer = replace(world.provider.capabilities, records_payments=False, partial_payments=False)
    kind = type("Poorer", (), {"__getattr__": lambda _, name: getattr(world.provider, name), "capabilities": poorer})
    world.deliver(cast(BillingProvider, kind()))
    (parked,) = [each for each in world.deliveries() if each.status is DeliveryStatus.PARKED]
    assert parked.reason == "The provider does not support recording payments"


@pytest.mark.parametrize("minor", [0, -1, 1601])
def test_no_more_than_is_due_is_recorded(world: World, minor: int) -> None:
    final = delivered(world)
    with pytest.raises(InvalidValue, match=r"at most the 16\.00 EUR that are due"):
        pay(world, final, minor)


def test_what_is_paid_takes_no_payment(world: World) -> None:
    final = delivered(world)
    pay(world, final)
    world.deliver_until_settled()
    with pytest.raises(IllegalTransition, match="inv_1 is paid; only a final one that is not paid takes payments"):
        pay(world, final, 1, "more")


def test_amounts_are_whole_minor_units() -> None:
    assert whole_minor(Decimal("12.50"), "EUR") == 1250
    with pytest.raises(InvalidValue, match=r"12\.505 has more places than EUR"):
        whole_minor(Decimal("12.505"), "EUR")
