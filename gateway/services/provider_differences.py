"""Note where a provider's documents differ from ours: a new difference is announced, one that is gone closes itself."""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from gateway.core.delivery import DeliveryStatus, voided_document
from gateway.core.gate.review import ReviewKind
from gateway.core.held_documents import HeldDocument
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus
from gateway.core.ports.storage import UnitOfWork
from gateway.core.provider_differences import (
    VOID,
    DifferenceKind,
    DifferenceState,
    Finding,
    ProviderDifference,
    compare,
)
from gateway.core.webhooks import WebhookEvent
from gateway.services.announce import announce
from gateway.services.installation import Installation
from gateway.services.review import GATEWAY, close_review_of, open_review

_OF_KNOWN = frozenset(DifferenceKind) - {DifferenceKind.UNKNOWN_HERE}


@dataclass(frozen=True, slots=True)
class Subject:
    """The document that is looked at. See `ProviderDifference` for its names."""

    connection: str
    document_kind: str
    document_id: str
    invoice_id: str
    ref: str

    @classmethod
    def of(cls, held: HeldDocument, invoice_id: str) -> "Subject":
        """A document that a provider holds."""
        return cls(held.connection, held.kind, held.our_id, invoice_id, held.ref)


def note_findings(
    unit: UnitOfWork,
    installation: Installation,
    subject: Subject,
    findings: Iterable[Finding],
    looked_for: frozenset[DifferenceKind] = _OF_KNOWN,
) -> int:
    """Open what differs and is not settled, and close what was looked for and is gone; how many are new."""
    known = unit.differences.newest(subject.connection, subject.document_kind, subject.document_id or subject.ref)
    found = {finding.kind: finding for finding in findings}
    now = installation.system_clock.now()
    for kind in looked_for - found.keys():
        if (gone := known.get(kind)) is not None and gone.state is DifferenceState.OPEN:
            unit.differences.put(gone.vanished(now))
            close_review_of(unit, installation, gone.id, GATEWAY)
    return sum(_note(unit, installation, subject, finding, known.get(kind)) for kind, finding in found.items())


def compare_held(
    unit: UnitOfWork,
    installation: Installation,
    held: HeldDocument,
    invoice: Invoice,
    in_question: Container[str],
    payment_there: str | None = None,
) -> int:
    """Compare a document of an invoice, or the invoice itself, with what is held of it; how many differences are new.

    `in_question` are the invoices with open differences, which may be gone. `payment_there` is the payment status that
    the provider's state means, where the invoice's own is to be compared.
    """
    payment = None if payment_there is None else (str(invoice.payment_status), payment_there)
    findings = list(compare(held, _is_void(unit, held, invoice), payment))
    if not findings and invoice.id not in in_question:
        return 0
    return note_findings(unit, installation, Subject.of(held, invoice.id), findings)


def compare_again(unit: UnitOfWork, installation: Installation, invoice: Invoice) -> None:
    """Compare an invoice that was changed here with what was seen of it last."""
    for held in unit.differences.held_of([invoice.id]).values():
        compare_held(unit, installation, held, invoice, {invoice.id})


def _is_void(unit: UnitOfWork, held: HeldDocument, invoice: Invoice) -> bool:
    """Whether the document is to be void there: a voiding that is on its way has yet to arrive."""
    if held.our_id != invoice.id or invoice.status is not InvoiceStatus.VOID:
        return False
    name = voided_document(invoice.id)
    voidings = unit.deliveries.by_document([name]).get(name, [])
    return held.status == VOID or all(each.status is DeliveryStatus.DELIVERED for each in voidings)


def _note(
    unit: UnitOfWork,
    installation: Installation,
    subject: Subject,
    finding: Finding,
    known: ProviderDifference | None,
) -> bool:
    """Whether the finding is new."""
    now = installation.system_clock.now()
    if known is not None and known.state is DifferenceState.OPEN:
        unit.differences.put(known.seen_again(finding, now))
        return False
    if known is not None and known.settles(finding):
        return False
    opened = ProviderDifference(
        id=installation.ids.new("dif"),
        connection=subject.connection,
        document_kind=subject.document_kind,
        document_id=subject.document_id,
        invoice_id=subject.invoice_id,
        ref=subject.ref,
        kind=finding.kind,
        ours=finding.ours,
        theirs=finding.theirs,
        found_at=now,
        seen_at=now,
    )
    is_new = unit.differences.put(opened)
    if is_new:
        announce(unit, installation, WebhookEvent.PROVIDER_DIFFERENCE_FOUND, opened)
        _open_review(unit, installation, opened)
    return is_new


def _open_review(unit: UnitOfWork, installation: Installation, opened: ProviderDifference) -> None:
    invoice = unit.invoices.by_ids([opened.invoice_id]).get(opened.invoice_id) if opened.invoice_id else None
    open_review(unit, installation, ReviewKind.PROVIDER_DIFFERENCE, opened.id, invoice.customer if invoice else None)
