"""Feeds: what is exported, numbered without gaps in the order in which it was committed."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from gateway.core.invoicing.invoice import PaidBy, PaymentStatus
from gateway.core.ledger import Transfer
from gateway.core.metering.live import LiveKey, LiveState


class Feed(StrEnum):
    """What is numbered; a reader that has read up to a number has missed nothing, and never will."""

    ENTRIES = "entries"
    INVOICES = "invoices"


class InvoiceChangeKind(StrEnum):
    """What happened to an invoice that is or was final."""

    FINALIZED = "finalized"
    CREDITED = "credited"
    VOIDED = "voided"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True)
class InvoiceChange:
    """What happened to a final invoice, and when; of its payment, what the provider says since then.

    `changed_at` is missing where a payment had changed before changes were numbered.
    """

    invoice_id: str
    kind: InvoiceChangeKind
    changed_at: datetime | None
    payment_status: PaymentStatus | None = None
    paid_by: PaidBy | None = None
    credit_note_id: str | None = None


@dataclass(frozen=True, slots=True)
class NumberedTransfer:
    """A transfer of the entry at `position`."""

    position: int
    entry: str
    ordinal: int
    legal_entity: str
    accounting_day: date
    effective_day: date
    posted_at: datetime
    transfer: Transfer


@dataclass(frozen=True, slots=True)
class ChangedHour:
    """What a live count of an hour has held since change `position` of the live counts."""

    position: int
    key: LiveKey
    state: LiveState
