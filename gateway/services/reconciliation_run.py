"""One comparison of our documents with what a provider holds, in steps of a few requests and one transaction."""

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from gateway.core.delivery import DeliveryStatus
from gateway.core.held_documents import HeldDocument
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus
from gateway.core.ports.provider_differences import DifferenceFilter
from gateway.core.ports.storage import Priority, UnitOfWork
from gateway.core.provider_differences import (
    DifferenceKind,
    DifferenceState,
    ProviderDifference,
    missing,
    unknown_here,
)
from gateway.plugin_api import DocumentKind, ExternalDocument, ExternalStatus, Permanent
from gateway.plugin_guard import GuardedProvider
from gateway.services.delivery_documents import payment_of
from gateway.services.follow_provider import overlap
from gateway.services.held_documents import note_seen
from gateway.services.installation import Installation
from gateway.services.provider_differences import Subject, compare_held, note_findings

documents_at_once_max = 100
_UNKNOWN_HERE = frozenset({DifferenceKind.UNKNOWN_HERE})


@dataclass(frozen=True, slots=True)
class Tally:
    """The documents that were compared, how many differences are new, and how many documents are not ours."""

    compared: frozenset[str] = frozenset()
    found: int = 0
    not_ours: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.compared | other.compared, self.found + other.found, self.not_ours + other.not_ours)


@dataclass(slots=True)
class ReconciliationRun:
    """A run over one connection. See `reconciling` for the order of its parts."""

    installation: Installation
    connection: str
    provider: GuardedProvider
    since: datetime
    tally: Tally = field(default_factory=Tally)

    def listed_there(self) -> Iterator[None]:
        """Compare what the provider lists as changed."""
        changes = self.provider.changes(self.since - overlap)
        while documents := list(islice(changes, documents_at_once_max)):
            invoices = [each for each in documents if each.kind is DocumentKind.INVOICE]
            self._note(lambda unit, some=invoices: self._listed(unit, some))  # type: ignore[misc]
            yield

    def held_here(self) -> Iterator[None]:
        """Fetch and compare what was delivered and not listed."""
        after: tuple[datetime, str] | None = None
        while page := self._delivered(after):
            after = (page[-1].delivered_at, page[-1].our_id)
            for held in page:
                if held.our_id not in self.tally.compared:
                    self._fetch(held)
                    yield

    def in_question(self) -> Iterator[None]:
        """Look again at open differences of what was neither listed nor delivered in that time."""
        after: str | None = None
        while page := self._open(after):
            after = page[-1].id
            for difference in page:
                if difference.kind is DifferenceKind.UNKNOWN_HERE:
                    self._look_for_unknown(difference)
                elif difference.document_id not in self.tally.compared:
                    self._fetch_in_question(difference)
                yield

    def _listed(self, unit: UnitOfWork, documents: Sequence[ExternalDocument]) -> Tally:
        ids = {each.ref: unit.deliveries.our_id(self.connection, each.kind, each.ref) for each in documents}
        ours = [our_id for our_id in ids.values() if our_id is not None]
        held = unit.differences.held(self.connection, DocumentKind.INVOICE, ours)
        invoices, in_question = unit.invoices.by_ids(ours), unit.differences.open_of(ours)
        tally = Tally()
        for there in documents:
            our_id = ids[there.ref]
            if our_id is None:
                tally += self._unknown(unit, there)
            elif our_id in held:
                tally += self._compared(unit, held[our_id], invoices[our_id], there, in_question)
        return tally

    def _compared(
        self,
        unit: UnitOfWork,
        held: HeldDocument,
        invoice: Invoice,
        there: ExternalDocument,
        in_question: Container[str],
    ) -> Tally:
        seen = note_seen(unit, self.installation, held, there)
        payment = str(payment_of(there)[0]) if there.kind is DocumentKind.INVOICE else None
        found = compare_held(unit, self.installation, seen, invoice, in_question, payment)
        return Tally(frozenset({held.our_id}), found)

    def _fetch(self, held: HeldDocument) -> None:
        try:
            there = self.provider.fetch(DocumentKind(held.kind), held.ref)
        except Permanent:
            self._note(lambda unit: self._missing(unit, held))
            return

        def compare(unit: UnitOfWork) -> Tally:
            current = unit.differences.held(held.connection, held.kind, [held.our_id]).get(held.our_id)
            if current is None:
                return Tally()
            invoice = _invoice_of(unit, held)
            return self._compared(unit, current, invoice, there, {invoice.id})

        self._note(compare)

    def _missing(self, unit: UnitOfWork, held: HeldDocument) -> Tally:
        invoice = _invoice_of(unit, held)
        # Some providers delete what is voided.
        is_to_be_there = invoice.status is not InvoiceStatus.VOID
        findings = [missing(held.kind, invoice.number, held.ref)] if is_to_be_there else []
        found = note_findings(unit, self.installation, Subject.of(held, invoice.id), findings)
        return Tally(frozenset({held.our_id}), found)

    def _unknown(self, unit: UnitOfWork, there: ExternalDocument) -> Tally:
        if not there.our_id:
            return Tally(not_ours=1)
        deliveries = unit.deliveries.by_document([there.our_id]).get(there.our_id, [])
        here = [each for each in deliveries if each.connection == self.connection]
        if any(each.status is not DeliveryStatus.DELIVERED for each in here):
            return Tally()
        known = unit.deliveries.refs(self.connection, there.kind, [there.our_id]).get(there.our_id)
        is_gone = there.status is ExternalStatus.VOID
        findings = [] if is_gone else [unknown_here(there.kind, there.ref, there.our_id, known)]
        subject = Subject(self.connection, there.kind, "", there.our_id if here else "", there.ref)
        return Tally(found=note_findings(unit, self.installation, subject, findings, _UNKNOWN_HERE))

    def _look_for_unknown(self, difference: ProviderDifference) -> None:
        subject = Subject(self.connection, difference.document_kind, "", difference.invoice_id, difference.ref)
        try:
            there = self.provider.fetch(DocumentKind(difference.document_kind), difference.ref)
        except Permanent:
            self._note(lambda unit: self._gone(unit, subject))
            return

        def look(unit: UnitOfWork) -> Tally:
            is_known = unit.deliveries.our_id(self.connection, there.kind, there.ref) is not None
            return self._gone(unit, subject) if is_known or not there.our_id else self._unknown(unit, there)

        self._note(look)

    def _gone(self, unit: UnitOfWork, subject: Subject) -> Tally:
        note_findings(unit, self.installation, subject, (), _UNKNOWN_HERE)
        return Tally()

    def _fetch_in_question(self, difference: ProviderDifference) -> None:
        kind, our_id = difference.document_kind, difference.document_id
        held = self.installation.storage.read(lambda unit: unit.differences.held(self.connection, kind, [our_id]))
        if our_id in held:
            self._fetch(held[our_id])

    def _delivered(self, after: tuple[datetime, str] | None) -> list[HeldDocument]:
        return self.installation.storage.read(
            lambda unit: unit.differences.held_since(self.connection, self.since, after, documents_at_once_max)
        )

    def _open(self, after: str | None) -> list[ProviderDifference]:
        matching = DifferenceFilter(self.connection, DifferenceState.OPEN)
        return self.installation.storage.read(
            lambda unit: unit.differences.page(matching, after, documents_at_once_max)
        )

    def _note(self, work: Callable[[UnitOfWork], Tally]) -> None:
        self.tally += self.installation.storage.transact(work, Priority.BULK)


def _invoice_of(unit: UnitOfWork, held: HeldDocument) -> Invoice:
    """The invoice that a document is, or is about."""
    if held.kind == DocumentKind.CREDIT_NOTE:
        return unit.invoices.get(unit.credit_notes.by_ids([held.our_id])[held.our_id].invoice_id)
    return unit.invoices.get(held.our_id)
