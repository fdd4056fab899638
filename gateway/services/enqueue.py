"""Put what became of an invoice into the outbox."""

from gateway.core.delivery import Delivery
from gateway.core.invoicing.invoice import Invoice
from gateway.core.ports.storage import UnitOfWork
from gateway.services.installation import Installation


def enqueue(unit: UnitOfWork, installation: Installation, delivery_id: str, document_id: str, invoice: Invoice) -> str:
    """Queue a document about an invoice to the connection that the invoice went to, wherever new ones go by now.

    Answers with that connection. The invoice has to be locked, so that documents about it keep the order in which they
    are made.
    """
    queued = unit.deliveries.by_document([invoice.id]).get(invoice.id)
    connection = queued[0].connection if queued else connection_of(unit, installation, invoice.customer)
    # Leases and retries run by the system clock; business time may be years off on a test deployment.
    due_at = installation.system_clock.now()
    unit.deliveries.add(Delivery(delivery_id, connection, document_id, due_at=due_at))
    return connection


def connection_of(unit: UnitOfWork, installation: Installation, customer: str) -> str:
    """Where a customer's invoices go that are finalized now."""
    return unit.definitions.customers_by_key([customer])[customer].connection or installation.connection
