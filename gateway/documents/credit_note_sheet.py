"""What a credit note says."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from gateway.core.invoicing.credit_notes import CreditNote, CreditNoteLine, Disposition
from gateway.core.invoicing.document_issuer import DocumentIssuer
from gateway.core.invoicing.invoice import Invoice, InvoiceLine
from gateway.core.invoicing.totals import tax_totals
from gateway.core.legal_entity import UNNAMED_ENTITY, LegalEntity
from gateway.core.money import Money
from gateway.core.subscriptions.subscription import Customer
from gateway.documents.references import NO_CREDIT_NOTE, credit_remarks
from gateway.documents.sheet import (
    Sheet,
    SheetLine,
    addressee_words,
    day,
    days,
    figure,
    footer_words,
    issuer_words,
    tax_words,
)

_WAYS = {
    Disposition.RECEIVABLE: "lowers what is owed by",
    Disposition.WALLET: "becomes credit for later invoices:",
    Disposition.REFUND: "is paid back:",
    Disposition.OUT_OF_BAND: "was given back already:",
}


def credit_note_sheet(
    note: CreditNote,
    invoice: Invoice,
    customer: Customer,
    zone: ZoneInfo,
    issuer: LegalEntity = UNNAMED_ENTITY,
    legal_number: str | None = None,
) -> Sheet:
    """The sheet of a credit note on `invoice`, with days in `zone`; `legal_number` is what the provider calls it."""
    is_statement = invoice.numbered_by is DocumentIssuer.PROVIDER
    return Sheet(
        title=f"{'Statement of credit' if is_statement else 'Credit note'} {note.number}",
        mark=NO_CREDIT_NOTE if is_statement else None,
        issuer=issuer_words(issuer),
        issuer_details=issuer.tax_ids,
        customer=addressee_words(invoice.addressee or customer.addressee),
        facts=(
            ("Customer number", customer.key),
            ("Date", day(note.issued_on)),
            ("Currency", note.currency),
            ("On statement" if is_statement else "On invoice", f"{invoice.number} of {day(invoice.issued_on)}"),
        ),
        currency=note.currency,
        lines=tuple(_line(line, invoice.lines[line.line], zone) for line in note.lines),
        totals=tuple(_totals(note)),
        remarks=(
            f"Reason: {note.reason}",
            *_ways(note),
            *(credit_remarks(legal_number) if is_statement else ()),
        ),
        footer=footer_words(issuer),
        issued_at=note.created_at,
    )


def _line(line: CreditNoteLine, billed: InvoiceLine, zone: ZoneInfo) -> SheetLine:
    taken_back = (f"less {figure(line.discount)} of discount",) if line.discount.amount_minor else ()
    return SheetLine(billed.description, taken_back, days(billed.period, zone), "", figure(line.amount))


def _totals(note: CreditNote) -> Iterator[tuple[str, str]]:
    if note.discount.amount_minor or note.tax.amount_minor:
        yield "Subtotal", figure(note.net + note.discount)
    if note.discount.amount_minor:
        yield "Discounts taken back", figure(Money.zero(note.currency) - note.discount)
    yield from tax_words(tax_totals(note.lines))
    yield "Total credited", figure(note.total)


def _ways(note: CreditNote) -> Iterator[str]:
    for disposition, amount in note.dispositions:
        yield f"It {_WAYS[disposition]} {figure(amount)} {note.currency}."
