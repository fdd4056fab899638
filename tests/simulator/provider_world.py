"""What the provider holds: documents and the answers under idempotency keys. It outlives every crash of ours."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.core.money import Money
from gateway.plugin_api import (
    Ambiguous,
    CustomerDocument,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    InvoiceDocument,
    NeedsAttention,
    Permanent,
    ProviderError,
)

key_window = timedelta(hours=24)
DocumentId = tuple[DocumentKind, str]


@dataclass(slots=True)
class HeldDocument:
    """A customer or an invoice at the provider; `lines` are minor units by our line ids."""

    kind: DocumentKind
    ref: str
    our_id: str
    created_at: datetime
    changed_at: datetime
    customer_ref: str | None = None
    currency: str = "USD"
    status: ExternalStatus | None = None
    lines: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> Money:
        """The sum of its lines."""
        return Money(sum(self.lines.values()), self.currency)

    def shown(self) -> ExternalDocument:
        """The document as the provider shows it."""
        if self.kind is DocumentKind.CUSTOMER:
            return ExternalDocument(self.kind, self.ref, self.our_id)
        return ExternalDocument(self.kind, self.ref, self.our_id, self.status, self.total)

    def move(self, status: ExternalStatus, at: datetime) -> None:
        """Change its state."""
        self.status, self.changed_at = status, at


@dataclass(frozen=True, slots=True)
class HeldInvoice:
    """An invoice as whoever holds it sees it; amounts in minor units."""

    our_id: str
    status: ExternalStatus | None
    total: int


Work = Callable[["ProviderWorld", datetime, HeldDocument | None], HeldDocument]
"""What a request does at the time it lands, given the document that was made under its key before."""


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What is remembered under a key; no `ref` for a failure."""

    ref: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class LateRequest:
    """A request that its sender has given up, and that lands all the same."""

    lands_at: datetime
    key: str
    work: Work


class ProviderWorld:
    """One account at the provider, in true time."""

    def __init__(self, began_at: datetime) -> None:
        self.now = began_at
        self.documents: dict[str, HeldDocument] = {}
        self.refs: defaultdict[DocumentId, list[str]] = defaultdict(list)
        self.repeated: list[DocumentId] = []
        """Documents of ours that it holds more than once, which must never be."""
        self.takes_nothing = True
        """Whether it holds invoices without an amount."""
        self._answers: dict[str, StoredAnswer] = {}
        self._under_way: list[LateRequest] = []

    def pass_to(self, now: datetime) -> None:
        """Let time pass there too: what is under way lands at its time."""
        landed = sorted((late for late in self._under_way if late.lands_at <= now), key=lambda late: late.lands_at)
        self._under_way = [late for late in self._under_way if late.lands_at > now]
        for late in landed:
            self.now = late.lands_at
            with suppress(ProviderError):  # nobody hears of it any more
                self.perform(late.key, late.work)
        self.now = now

    def invoices(self) -> list[HeldInvoice]:
        """All invoices."""
        return [
            HeldInvoice(document.our_id, document.status, document.total.amount_minor)
            for document in self.documents.values()
            if document.kind is DocumentKind.INVOICE
        ]

    def is_called(self, our_id: str, ref: str) -> bool:
        """Whether an invoice of ours is what it calls so."""
        return self.documents[ref].our_id == our_id

    def settle(self, our_id: str, status: ExternalStatus) -> ExternalStatus:
        """Let a customer pay an invoice, or somebody there give it up."""
        for ref in self.refs[DocumentKind.INVOICE, our_id]:
            self.documents[ref].move(status, self.now)
        return status

    def delay(self, late: LateRequest) -> None:
        """Let a request land later."""
        self._under_way.append(late)

    def perform(self, key: str, work: Work, is_failure_stored: bool = False) -> HeldDocument:
        """Do what a request asks for, once under its key for as long as keys are remembered.

        With `is_failure_stored` it is done, but what is remembered under the key is a failure.
        """
        earlier = self._remembered(key)
        if earlier is not None and earlier.ref is None:
            raise Ambiguous("the failure that is stored under this key, again", key_is_spent=True)
        made = work(self, self.now, self.documents[earlier.ref] if earlier and earlier.ref else None)
        if earlier is None:
            self._answers[key] = StoredAnswer(None if is_failure_stored else made.ref, self.now)
        return made

    def refuse(self, key: str) -> None:
        """Do nothing, and remember a failure under the key unless it has an answer."""
        if self._remembered(key) is None:
            self._answers[key] = StoredAnswer(None, self.now)

    def _remembered(self, key: str) -> StoredAnswer | None:
        answer = self._answers.get(key)
        return answer if answer is not None and self.now - answer.at <= key_window else None

    def find(
        self, kind: DocumentKind, our_id: str, created_since: datetime, customer_ref: str | None
    ) -> HeldDocument | None:
        """Ours, if it was made since then and for that customer: no more than a provider has to find."""
        for document in map(self.documents.__getitem__, self.refs[kind, our_id]):
            if document.created_at >= created_since and customer_ref in {None, document.customer_ref}:
                return document
        return None

    def get(self, ref: str) -> HeldDocument:
        """One document. Raises `Permanent` if there is none."""
        if ref not in self.documents:
            raise Permanent(f"there is no {ref!r}")
        return self.documents[ref]

    def make(self, kind: DocumentKind, our_id: str, customer_ref: str | None = None) -> HeldDocument:
        """A new document, whatever there is already."""
        held = self.refs[kind, our_id]
        made = HeldDocument(kind, f"{kind}-{len(self.documents) + 1:05}", our_id, self.now, self.now, customer_ref)
        self.documents[made.ref] = made
        held.append(made.ref)
        if len(held) > 1:
            self.repeated.append((kind, our_id))
        return made


def making_customer(customer: CustomerDocument) -> Work:
    """Make a customer."""

    def work(world: ProviderWorld, _: datetime, earlier: HeldDocument | None) -> HeldDocument:
        return earlier or world.make(DocumentKind.CUSTOMER, customer.id)

    return work


def making_invoice(invoice: InvoiceDocument, existing_ref: str | None, lines_max: int | None = None) -> Work:
    """Make a draft unless there is one, and add the lines that it lacks, the first `lines_max` of them."""

    def work(world: ProviderWorld, at: datetime, earlier: HeldDocument | None) -> HeldDocument:
        draft = world.get(existing_ref) if existing_ref else earlier
        if draft is None:
            world.get(invoice.customer_ref)
            draft = world.make(DocumentKind.INVOICE, invoice.id, invoice.customer_ref)
            draft.status, draft.currency = ExternalStatus.DRAFT, invoice.total.currency
        if draft.status is ExternalStatus.DRAFT:
            draft.lines |= {line.id: line.amount.amount_minor for line in invoice.flat_lines[:lines_max]}
            draft.changed_at = at
        return draft

    return work


def issuing(ref: str, expected_total: Money) -> Work:
    """Issue a draft; one over nothing is paid at once."""

    def work(world: ProviderWorld, at: datetime, _: HeldDocument | None) -> HeldDocument:
        draft = world.get(ref)
        if draft.status is not ExternalStatus.DRAFT:
            return draft
        if draft.total != expected_total:
            raise NeedsAttention(f"{ref} totals {draft.total} and not {expected_total}", "correct the draft")
        draft.move(ExternalStatus.OPEN if draft.total.amount_minor else ExternalStatus.PAID, at)
        return draft

    return work
