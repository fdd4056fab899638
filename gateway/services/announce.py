"""Announce what happens: a message for every webhook endpoint that hears of it, in the transaction in which it does."""

import json
from collections.abc import Mapping

from gateway.core.connection_hold import ConnectionHold
from gateway.core.delivery import Delivery
from gateway.core.invoicing.credit_notes import CreditNote
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus
from gateway.core.ports.storage import UnitOfWork
from gateway.core.provider_differences import ProviderDifference
from gateway.core.received_webhooks import ReceivedWebhook
from gateway.core.time import instant_text
from gateway.core.webhooks import WebhookEndpoint, WebhookEvent, WebhookMessage, WebhookSending, hearing
from gateway.services.installation import Installation

Data = Mapping[str, object]


def announce(unit: UnitOfWork, installation: Installation, event: WebhookEvent, data: Data) -> None:
    """Store a message, and put it on its way to the enabled endpoints that hear of it.

    `timestamp` is business time. Without any endpoint nothing is stored; a disabled one can have it sent later.
    """
    endpoints = unit.webhooks.endpoints()
    if not endpoints:
        return
    occurred_at, now = installation.business_clock.now(), installation.system_clock.now()
    content = {"type": event, "timestamp": instant_text(occurred_at), "data": data}
    # Kept, sent and forgotten by the system clock; business time may be years off on a test deployment.
    message = WebhookMessage(installation.ids.new("msg"), event, now, json.dumps(content, separators=(",", ":")))
    unit.webhooks.add_message(message)
    unit.webhooks.put_sendings(
        [WebhookSending(message.id, each.id, now, due_at=now) for each in hearing(endpoints, event)]
    )


def announce_held(unit: UnitOfWork, installation: Installation, invoice: Invoice) -> None:
    """Announce a new invoice that waits for a person; nothing of any other."""
    if invoice.status is InvoiceStatus.HELD:
        announce(unit, installation, WebhookEvent.INVOICE_HELD, invoice_data(invoice))


def invoice_data(invoice: Invoice) -> Data:
    """What a message says of an invoice; the rest is to be asked for by its id."""
    return {
        "id": invoice.id,
        "number": invoice.number,
        "numberedBy": invoice.numbered_by,
        "customer": invoice.customer,
        "subscriptionId": invoice.key.subscription_id,
        "status": invoice.status,
        "paymentStatus": invoice.payment_status,
        "issuedOn": invoice.issued_on.isoformat(),
        "total": {"amount": str(invoice.total), "currency": invoice.currency},
    }


def credit_note_data(note: CreditNote) -> Data:
    """What a message says of a credit note."""
    return {
        "id": note.id,
        "number": note.number,
        "invoiceId": note.invoice_id,
        "customer": note.customer,
        "issuedOn": note.issued_on.isoformat(),
        "total": {"amount": str(note.total), "currency": note.currency},
    }


def delivery_data(delivery: Delivery) -> Data:
    """What a message says of a document on its way to a provider."""
    return {
        "id": delivery.id,
        "connection": delivery.connection,
        "documentId": delivery.document_id,
        "status": delivery.status,
        "reason": delivery.reason,
        "remedy": delivery.remedy,
    }


def provider_event_data(webhook: ReceivedWebhook) -> Data:
    """What a message says of a webhook that a provider sent."""
    return {
        "connection": webhook.connection,
        "eventId": webhook.event_id,
        "type": webhook.type,
        "ref": webhook.ref,
    }


def connection_data(connection: str, hold: ConnectionHold | None) -> Data:
    """What a message says of a connection, and of why it is held."""
    return {
        "name": connection,
        "reason": None if hold is None else hold.reason,
        "remedy": None if hold is None else hold.remedy,
    }


def difference_data(difference: ProviderDifference) -> Data:
    """What a message says of a difference between a document of ours and what a provider holds."""
    return {
        "id": difference.id,
        "connection": difference.connection,
        "kind": difference.kind,
        "documentKind": difference.document_kind,
        "documentId": difference.document_id or None,
        "invoiceId": difference.invoice_id or None,
        "ref": difference.ref,
        "ours": difference.ours,
        "theirs": difference.theirs,
    }


def endpoint_data(endpoint: WebhookEndpoint) -> Data:
    """What a message says of another endpoint."""
    return {"id": endpoint.id, "url": endpoint.url, "reason": endpoint.disabled_reason}
