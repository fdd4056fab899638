"""What observers are told of: each value has what `id` names once, however often it is told."""

from dataclasses import dataclass
from datetime import date, datetime

from gateway.core.money import Money


@dataclass(frozen=True, slots=True)
class InvoiceFinalized:
    """An invoice has its number and goes out; `occurred_at` is business time, as everywhere here."""

    id: str
    occurred_at: datetime
    invoice_id: str
    number: str
    customer: str
    issued_on: date
    total: Money


@dataclass(frozen=True, slots=True)
class DeliveryFinished:
    """A document has reached its connection (`delivered`), or cannot before a person acts (`parked`), and why."""

    id: str
    occurred_at: datetime
    delivery_id: str
    connection: str
    document_id: str
    status: str
    reason: str | None
    remedy: str | None


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """A webhook of a provider was applied: by then the gateway knows what the provider says of the document `ref`."""

    id: str
    occurred_at: datetime
    connection: str
    event_id: str
    type: str
    ref: str
