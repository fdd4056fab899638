"""Promises 3 and 7 of deliveries: every finalized invoice is on its way or parked in sight, and there at most once."""

from sqlite3 import Connection

from gateway.core.delivery import DeliveryStatus
from gateway.core.invoicing.invoice import Invoice, PaymentStatus
from gateway.core.ports.storage import UnitOfWork
from gateway.plugin_api import DocumentKind, ExternalStatus
from tests.simulator.invoice_checks import InvoiceModel
from tests.simulator.process import CONNECTION
from tests.simulator.promises import require, require_same
from tests.simulator.provider_world import HeldInvoice, ProviderWorld
from tests.simulator.vendor_world import VendorWorld

AnyWorld = ProviderWorld | VendorWorld
_PAYMENTS = {
    ExternalStatus.OPEN: PaymentStatus.UNPAID,
    ExternalStatus.PAID: PaymentStatus.PAID,
    ExternalStatus.UNCOLLECTIBLE: PaymentStatus.UNCOLLECTIBLE,
}


def check_no_document_twice(world: AnyWorld) -> None:
    """No customer and no invoice of ours is at the provider more than once."""
    require_same(3, world.repeated, [], "documents that the provider holds more than once")


def check_deliveries(raw: Connection, model: InvoiceModel, delivered: set[str]) -> None:
    """Every finalized invoice with lines has one delivery, which is done, due, or parked with a reason and a remedy.

    What was `delivered` once stays so.
    """
    found: dict[str, list[str]] = {}
    rows = raw.execute("SELECT document_id, status, due_at IS NOT NULL, reason, remedy FROM delivery")
    for invoice_id, status, is_due, reason, remedy in rows:
        found.setdefault(invoice_id, []).append(status)
        is_parked = status == DeliveryStatus.PARKED
        require_same(7, bool(is_due), status == DeliveryStatus.PENDING, f"whether {status} {invoice_id} is due")
        require(7, not is_parked or bool(reason and remedy), f"{invoice_id} is parked, and nobody is told why")
    expected = {invoice.id for invoice in model.finalized.values() if invoice.lines}
    require_same(7, set(found), expected, "deliveries of finalized invoices")
    for invoice_id, statuses in found.items():
        require(3, len(statuses) == 1, f"{invoice_id} has {len(statuses)} deliveries")
        is_done = statuses == [DeliveryStatus.DELIVERED]
        require(3, is_done or invoice_id not in delivered, f"{invoice_id} was delivered, and is {statuses[0]} again")
        if is_done:
            delivered.add(invoice_id)


def check_settled(unit: UnitOfWork, model: InvoiceModel, world: AnyWorld) -> None:
    """When all has been said and done: the provider has each invoice once, issued, over our total, and we know it."""
    invoices = {invoice.id: invoice for invoice in model.finalized.values() if invoice.lines}
    stored = unit.invoices.by_ids(list(invoices))
    known = unit.deliveries.refs(CONNECTION, DocumentKind.INVOICE, list(invoices))
    sent = {our_id for our_id, invoice in invoices.items() if world.takes_nothing or _has_an_amount(invoice)}
    held: dict[str, list[HeldInvoice]] = {}
    for document in world.invoices():
        held.setdefault(document.our_id, []).append(document)
    require_same(3, set(held), sent, "invoices at the provider")
    for invoice_id, documents in held.items():
        require(3, len(documents) == 1, f"the provider has {invoice_id} {len(documents)} times")
        require(3, world.is_called(invoice_id, known.get(invoice_id, "")), f"what we call {invoice_id} is another")
        _check_document(documents[0], stored[invoice_id])
    for invoice_id in set(invoices) - sent:
        require_same(7, stored[invoice_id].payment_status, PaymentStatus.PAID, f"what is known of {invoice_id}")


def _has_an_amount(invoice: Invoice) -> bool:
    return any(line.net.amount_minor for line in invoice.lines)


def _check_document(document: HeldInvoice, invoice: Invoice) -> None:
    require(7, document.status is not ExternalStatus.DRAFT, f"{invoice.id} was never issued at the provider")
    require_same(3, document.total, invoice.total.amount_minor, f"the total of {invoice.id} at the provider")
    expected = document.status and _PAYMENTS[document.status]
    require_same(7, invoice.payment_status, expected, f"what is known of the money for {invoice.id}")
