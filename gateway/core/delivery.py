"""Delivery: how a document travels to a provider in journalled steps, and when a failed one is tried again."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class DeliveryStatus(StrEnum):
    """Where a document is on its way."""

    PENDING = "pending"
    DELIVERED = "delivered"
    PARKED = "parked"


class Step(StrEnum):
    """The steps of delivering a document: the first three of an invoice, in order, then those of what is about it."""

    CUSTOMER = "customer"
    PUT = "put"
    ISSUE = "issue"
    VOID = "void"
    CREDIT = "credit"
    QUOTE = "quote"
    PAYMENT = "payment"
    CONFIRM = "confirm"


step_key_length = 32
attempts_max = 50
retry_delay_max = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One document on its way to one connection; `fence` grows with every claim, so that a late worker is refused."""

    id: str
    connection: str
    document_id: str
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempts: int = 0
    fence: int = 0
    due_at: datetime | None = None
    reason: str | None = None
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class StepRecord:
    """The journal of one step: `started_at` is written before the call, `ref` after its answer.

    `revision` is part of the step's key: it grows when the key is spent, because the provider answered a failure under
    it or has forgotten it. `started_at` is when that key was used first, `first_started_at` when any was: a document
    may be as old as that.
    """

    step: Step
    first_started_at: datetime
    started_at: datetime
    ref: str | None = None
    revision: int = 0


_VOIDED = "/void"
_QUOTED = "/quote"
_PAID = "/pay_"


def voided_document(invoice_id: str) -> str:
    """What travels to a provider when an invoice is voided."""
    return f"{invoice_id}{_VOIDED}"


def quoted_document(invoice_id: str) -> str:
    """What travels to a provider to have the taxes of an invoice quoted before it is finalized."""
    return f"{invoice_id}{_QUOTED}"


def payment_document(invoice_id: str, payment_id: str) -> str:
    """What travels to a provider when a payment of an invoice came by another way."""
    return f"{invoice_id}/{payment_id}"


def delivered_payment(document_id: str) -> str:
    """The id of the payment that travels."""
    return document_id.partition("/")[2]


class Delivered(StrEnum):
    """What kind of document travels."""

    INVOICE = "invoice"
    VOIDING = "voiding"
    CREDIT_NOTE = "credit_note"
    MOVE = "move"
    LINK = "link"
    TAX_QUOTE = "tax_quote"
    PAYMENT = "payment"
    JOURNAL = "journal"


_BY_ITSELF = {
    "mov": Delivered.MOVE,
    "lnk": Delivered.LINK,
    "jrn": Delivered.JOURNAL,
    "cn": Delivered.CREDIT_NOTE,
}
"""What is not about an invoice, or named by itself, by the beginning of its id."""


def delivered_kind(document_id: str) -> Delivered:
    """What a document is: an invoice or about one, a credit note, a journal, or about a customer."""
    by_itself = _BY_ITSELF.get(document_id.partition("_")[0])
    if by_itself is not None:
        return by_itself
    if document_id.endswith(_VOIDED):
        return Delivered.VOIDING
    if document_id.endswith(_QUOTED):
        return Delivered.TAX_QUOTE
    if _PAID in document_id:
        return Delivered.PAYMENT
    return Delivered.INVOICE


def precedence(document_id: str) -> int:
    """What goes first of what is due: documents, 0, before moves, 1, of which a switch has thousands at once."""
    return int(delivered_kind(document_id) is Delivered.MOVE)


def is_invoice(document_id: str) -> bool:
    """Whether a document is an invoice itself, and nothing about one."""
    return delivered_kind(document_id) is Delivered.INVOICE


def delivered_invoice(document_id: str) -> str | None:
    """The id of the invoice that is delivered, or that something is about; None for all else."""
    if delivered_kind(document_id) in _BY_ITSELF.values():
        return None
    return document_id.partition("/")[0]


def step_key(connection: str, kind: str, our_id: str, revision: int, step: Step) -> str:
    """The idempotency key of a step: the same for every attempt until it is spent, other for all else."""
    text = json.dumps([connection, kind, our_id, revision, step])
    return hashlib.blake2b(text.encode(), digest_size=step_key_length // 2).hexdigest()


def retry_delay(attempts: int, jitter: int) -> timedelta:
    """How long to wait after `attempts` failures: 1 s after the first, then doubling up to 1 h, plus up to half of it.

    `jitter` is 0 to 1023, drawn by the caller.
    """
    base = min(timedelta(seconds=2 ** max(0, min(attempts, 20) - 1)), retry_delay_max)
    return base + base * jitter // 2048
