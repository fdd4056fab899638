"""Delivered invoices that are then voided, credited and paid, and providers that answer otherwise."""

from collections.abc import Callable
from typing import cast

from gateway.core.invoicing.credit_notes import CreditItem, Disposition
from gateway.core.invoicing.invoice import Invoice
from gateway.core.money import Money
from gateway.plugin_api import BillingProvider, DocumentKind
from gateway.services.credit_invoice import CreditRequest, credit_invoice
from gateway.services.follow_provider import follow
from gateway.services.void_invoice import void_invoice
from tests.services.delivering import World


def delivered(world: World, number: int = 1) -> Invoice:
    final = world.finalize(number)
    world.deliver_until_settled()
    return final


def void(world: World, final: Invoice) -> None:
    void_invoice(world.installation, final.id, "ada", "Made in error", f"void {final.id}")


def credit(world: World, final: Invoice, minor: int = 500, how: Disposition = Disposition.RECEIVABLE) -> str:
    items = (CreditItem(0, Money(minor, final.currency)),)
    return credit_invoice(world.installation, CreditRequest(final.id, "Outage", how, items), "ada", f"credit {minor}")


def pay(world: World, final: Invoice) -> None:
    (there,) = world.at_provider(DocumentKind.INVOICE, final.id)
    world.provider.pay(there.ref)
    follow(world.installation, "main", world.provider)


def answering(world: World, **methods: Callable[..., object]) -> BillingProvider:
    """The provider with other methods."""
    kind = type("Answering", (), {"__getattr__": lambda _, name: getattr(world.provider, name), **{
        name: staticmethod(method) for name, method in methods.items()
    }})  # fmt: skip
    return cast(BillingProvider, kind())
