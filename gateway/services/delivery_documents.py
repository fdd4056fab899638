"""What goes to a provider for an invoice, and what has to be true of its answers before they are believed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gateway.core.invoicing.credit_notes import CreditNote, CreditNoteLine, Disposition
from gateway.core.invoicing.invoice import Invoice, InvoiceLine, InvoiceStatus, PaidBy, PaymentStatus
from gateway.core.invoicing.totals import tax_totals
from gateway.core.money import Money
from gateway.core.subscriptions.subscription import Customer
from gateway.plugin_api import (
    Capabilities,
    CreditDisposition,
    CreditNoteDocument,
    CustomerDocument,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    InvoiceDocument,
    InvoiceDocumentLine,
    LineTax,
    NeedsAttention,
    TaxLine,
    TaxMode,
    documents,
)
from gateway.services.line_summaries import summarised, without_credits

_NAMES = {kind: kind.value.replace("_", " ") for kind in DocumentKind}
_DISPOSITIONS = {
    Disposition.RECEIVABLE: CreditDisposition.BALANCE,
    # The wallet is ours: the provider only records that it is given back elsewhere.
    Disposition.WALLET: CreditDisposition.OUT_OF_BAND,
    Disposition.REFUND: CreditDisposition.REFUND,
    Disposition.OUT_OF_BAND: CreditDisposition.OUT_OF_BAND,
}
_PAYMENTS: dict[ExternalStatus | None, PaymentStatus] = {
    ExternalStatus.PAID: PaymentStatus.PAID,
    ExternalStatus.UNCOLLECTIBLE: PaymentStatus.UNCOLLECTIBLE,
    ExternalStatus.VOID: PaymentStatus.VOID,
}


def to_customer_document(customer: Customer) -> CustomerDocument:
    """A customer as a provider should know it."""
    return CustomerDocument(customer.id, customer.key, customer.name, customer.email)


def to_invoice_document(invoice: Invoice, customer_ref: str, paid_minor: int = 0) -> InvoiceDocument:
    """A finalized invoice as a provider should make it: its net lines, the taxes by rate and what credit has paid.

    One below zero is an invoice of nothing there, because what it leaves is credit here.
    Raises `NeedsAttention` for any other.
    """
    if invoice.status is not InvoiceStatus.FINALIZED or invoice.number is None:
        raise NeedsAttention(f"Invoice {invoice.id} is {invoice.status}", "only finalized invoices can be delivered")
    paid = Money(paid_minor, invoice.currency) if paid_minor else None
    return InvoiceDocument(
        id=invoice.id,
        number=invoice.number,
        customer_ref=customer_ref,
        issued_on=invoice.issued_on,
        total=invoice.payable if paid is None else invoice.payable - paid,
        lines=(*(_line(invoice, ordinal) for ordinal in range(len(invoice.lines))), *_carried_over(invoice)),
        taxes=_taxes(invoice.lines),
        tax_mode=TaxMode.OURS if invoice.terms.quoted is None else TaxMode.QUOTED,
        paid_from_credit=paid,
        numbered_by=invoice.numbered_by,
    )


def to_fitting(invoice: InvoiceDocument, capabilities: Capabilities, detail_url: str | None = None) -> InvoiceDocument:
    """The same invoice as far as the provider takes it: summarised by price if it has too many lines, and without
    lines below zero or of nothing where it takes none. None of this changes a total.
    """
    if not capabilities.negative_lines:
        invoice = without_credits(invoice, detail_url)
    if capabilities.zero_lines:
        return summarised(invoice, capabilities.lines_max, detail_url)
    return _without_nothing(summarised(_without_nothing(invoice), capabilities.lines_max, detail_url))


def _without_nothing(invoice: InvoiceDocument) -> InvoiceDocument:
    return replace(invoice, lines=tuple(line for line in invoice.lines if line.amount.amount_minor))


def to_credit_note_document(
    note: CreditNote, invoice: Invoice, invoice_ref: str, customer_ref: str
) -> CreditNoteDocument:
    """A credit note as a provider should make it. Raises `NeedsAttention` if it gives back in several ways."""
    ways = {disposition for disposition, _ in note.dispositions}
    if len(ways) != 1:
        raise NeedsAttention(
            f"Credit note {note.number} gives back in several ways: {', '.join(sorted(ways))}",
            "make it by hand at the provider; the books have it already",
        )
    return CreditNoteDocument(
        id=note.id,
        number=note.number,
        invoice_id=invoice.id,
        invoice_ref=invoice_ref,
        customer_ref=customer_ref,
        issued_on=note.issued_on,
        reason=note.reason,
        disposition=_DISPOSITIONS[ways.pop()],
        total=note.total,
        lines=tuple(_credited(invoice, line) for line in note.lines),
        taxes=_taxes(note.lines),
    )


def _credited(invoice: Invoice, line: CreditNoteLine) -> documents.CreditNoteLine:
    taxes = tuple(LineTax(share.rate.key, share.amount) for share in line.taxes)
    description = invoice.lines[line.line].description
    return documents.CreditNoteLine(f"{invoice.id}:{line.line}", description, line.net, taxes)


def _line(invoice: Invoice, ordinal: int) -> InvoiceDocumentLine:
    line = invoice.lines[ordinal]
    return InvoiceDocumentLine(
        id=f"{invoice.id}:{ordinal}",
        description=line.description,
        amount=line.net,
        period_start=line.period.start,
        period_end=line.period.end,
        price=line.price,
        taxes=tuple(LineTax(share.rate.key, share.amount) for share in line.taxes),
    )


def _carried_over(invoice: Invoice) -> Iterator[InvoiceDocumentLine]:
    """The line that brings a total below zero to nothing: providers refuse such invoices, or settle them their way."""
    if invoice.carried_over.amount_minor:
        starts, ends = zip(*((line.period.start, line.period.end) for line in invoice.lines), strict=True)
        name = f"{invoice.id}:carried-over"
        yield InvoiceDocumentLine(name, "Carried over as credit", invoice.carried_over, min(starts), max(ends))


def _taxes(lines: Sequence[InvoiceLine | CreditNoteLine]) -> tuple[TaxLine, ...]:
    totals = tax_totals(lines)
    return tuple(TaxLine(tax.rate.key, tax.rate.key, tax.rate.percent, tax.base, tax.amount) for tax in totals)


def require_ours(answer: ExternalDocument, kind: DocumentKind, our_id: str) -> ExternalDocument:
    """The answer, if it is about what was asked for. Raises `NeedsAttention` if it is not, or if we cannot read it."""
    if (answer.kind, answer.our_id) != (kind, our_id):
        raise NeedsAttention(
            f"The provider's {answer.kind} {answer.ref} carries {answer.our_id!r} instead of {our_id!r}",
            "correct the id that is stored there, then resume the delivery",
        )
    if answer.status is ExternalStatus.UNKNOWN:
        raise NeedsAttention(
            f"The provider calls {answer.kind} {answer.ref} {answer.status_there!r}, which has no meaning here",
            "look it up there, then resume the delivery once it is something else",
        )
    return answer


def check_answer(
    answer: ExternalDocument, kind: DocumentKind, our_id: str, total: Money | None = None
) -> ExternalDocument:
    """The answer, if it is about what was asked for and over `total`. Raises `NeedsAttention` if not, or if void."""
    require_ours(answer, kind, our_id)
    if answer.status is ExternalStatus.VOID:
        raise NeedsAttention(
            f"The {_NAMES[kind]} {answer.ref} was voided at the provider",
            "void it here too, or delete it there and resume the delivery",
        )
    if total is not None and answer.total != total:
        raise NeedsAttention(
            f"The provider's {_NAMES[kind]} {answer.ref} totals {_words(answer.total)} and ours {_words(total)}",
            "remove the difference at the provider, then resume the delivery",
        )
    return answer


def payment_of(document: ExternalDocument) -> tuple[PaymentStatus, PaidBy | None]:
    """What the provider's state means for the money, and what paid."""
    return _PAYMENTS.get(document.status, PaymentStatus.UNPAID), document.paid_by


def _words(amount: Money | None) -> str:
    return f"{amount} {amount.currency}" if amount is not None else "nothing"
