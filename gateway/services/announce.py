"""Announce what happens: a message for every webhook endpoint that hears of it, in the transaction in which it does."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from operator import attrgetter

from gateway.core.delivery import Delivery
from gateway.core.gate.review import ReviewKind
from gateway.core.invoicing.credit_notes import CreditNote
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus
from gateway.core.money import Money
from gateway.core.ports.storage import UnitOfWork
from gateway.core.provider_differences import ProviderDifference
from gateway.core.received_webhooks import ReceivedWebhook
from gateway.core.time import instant_text
from gateway.core.webhooks import WebhookEndpoint, WebhookEvent, WebhookMessage, WebhookSending, hearing
from gateway.services.installation import Installation
from gateway.services.review import open_review

Data = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ConnectionStanding:
    """A connection that is held, and why; or that goes on, without either."""

    name: str
    reason: str | None = None
    remedy: str | None = None


Subject = Invoice | CreditNote | Delivery | ReceivedWebhook | ConnectionStanding | ProviderDifference | WebhookEndpoint


def announce(unit: UnitOfWork, installation: Installation, event: WebhookEvent, subject: Subject) -> None:
    """Store a message, and put it on its way to the enabled endpoints that hear of it.

    `timestamp` is business time. Without any endpoint nothing is stored; a disabled one can have it sent later.
    """
    endpoints = unit.webhooks.endpoints()
    if not endpoints:
        return
    occurred_at, now = installation.business_clock.now(), installation.system_clock.now()
    content = {"type": event, "timestamp": instant_text(occurred_at), "data": data_of(subject)}
    # Kept, sent and forgotten by the system clock; business time may be years off on a test deployment.
    message = WebhookMessage(installation.ids.new("msg"), event, now, json.dumps(content, separators=(",", ":")))
    unit.webhooks.add_message(message)
    unit.webhooks.put_sendings(
        [WebhookSending(message.id, each.id, now, due_at=now) for each in hearing(endpoints, event)]
    )


def announce_held(unit: UnitOfWork, installation: Installation, invoice: Invoice) -> None:
    """Open the review of a new invoice that waits for a person, and announce it; nothing of any other."""
    if invoice.status is InvoiceStatus.HELD:
        open_review(unit, installation, ReviewKind.INVOICE, invoice.id, invoice.customer)
        announce(unit, installation, WebhookEvent.INVOICE_HELD, invoice)


def data_of(subject: Subject) -> Data:
    """What a message says of something; the rest is to be asked for by its id."""
    return {name: _json(name, attrgetter(attribute)(subject)) for name, attribute in _SAID[type(subject)].items()}


def _json(name: str, value: object) -> object:
    """A value as JSON has it; an id that there is not is null."""
    if isinstance(value, Money):
        return {"amount": str(value), "currency": value.currency}
    if name.endswith("Id"):
        return value or None
    return value.isoformat() if isinstance(value, date) else value


def _camel(attribute: str) -> str:
    first, *others = attribute.split("_")
    return first + "".join(word.capitalize() for word in others)


def _said(attributes: str, **others: str) -> dict[str, str]:
    return {**{_camel(attribute): attribute for attribute in attributes.split()}, **others}


_SAID: Mapping[type, Mapping[str, str]] = {
    Invoice: _said(
        "id number numbered_by customer status payment_status issued_on total", subscriptionId="key.subscription_id"
    ),
    CreditNote: _said("id number invoice_id customer issued_on total"),
    Delivery: _said("id connection document_id status reason remedy"),
    ReceivedWebhook: _said("connection event_id type ref"),
    ConnectionStanding: _said("name reason remedy"),
    ProviderDifference: _said("id connection kind document_kind document_id invoice_id ref ours theirs"),
    WebhookEndpoint: _said("id url", reason="disabled_reason"),
}
"""The members of each message, and what they show."""
