"""Finalize an invoice: number, books and outbox in one transaction."""

from gateway.core.delivery import Delivery
from gateway.core.invoices import Invoice, InvoiceStatus
from gateway.core.ledger import entry_for_finalized
from gateway.core.ports import UnitOfWork
from gateway.services.installation import Installation


def finalize(installation: Installation, invoice_id: str) -> Invoice:
    """Give an approved invoice its number, book it and put it into the outbox: all of it, or nothing.

    Finalizing it again changes nothing. An invoice without lines, of a period without usage, has nothing to deliver.
    Raises `IllegalTransition` if it is not approved, `NotFound` if it is not there.
    """
    delivery_id = installation.ids.new("dlv")
    return installation.storage.transact(lambda unit: _finalize(unit, installation, invoice_id, delivery_id))


def _finalize(unit: UnitOfWork, installation: Installation, invoice_id: str, delivery_id: str) -> Invoice:
    invoice = unit.invoices.lock(invoice_id)
    if invoice.status is InvoiceStatus.FINALIZED:
        return invoice
    now = installation.business_clock.now()
    series = installation.number_series
    finalized = invoice.finalized(f"{series}-{unit.invoices.take_number(series):06}", now)
    unit.invoices.update_status(finalized)
    entry = entry_for_finalized(finalized, now)
    if entry is not None:
        unit.books.post(entry)
    if finalized.lines:
        # Leases and retries run by the system clock; business time may be years off on a test deployment.
        due_at = installation.system_clock.now()
        unit.deliveries.add(Delivery(delivery_id, installation.connection, finalized.id, due_at=due_at))
    return finalized
