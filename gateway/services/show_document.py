"""Show an invoice or a credit note: what its sheet needs, read at once, for every way to show it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from gateway.core.access import Caller
from gateway.core.held_documents import HeldDocument
from gateway.core.invoicing.credit_notes import CreditNote
from gateway.core.invoicing.document_issuer import DocumentIssuer
from gateway.core.invoicing.invoice import Invoice
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Customer
from gateway.documents.credit_note_sheet import credit_note_sheet
from gateway.documents.html import page_of
from gateway.documents.invoice_sheet import invoice_sheet
from gateway.documents.pdf import pdf_of
from gateway.documents.sheet import Sheet, figure


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """A sheet and what is known of the document beside it: whose it is, its number, and what came since."""

    sheet: Sheet
    customer: str
    name: str
    is_issued: bool
    state: tuple[tuple[str, str], ...] = ()
    since: tuple[str, ...] = ()
    legal_url: str | None = None

    def page(self) -> str:
        """The page, with the state of payment and what was given back since."""
        return page_of(self.sheet, self.state, self.since, self.legal_url)

    def pdf(self) -> bytes:
        """The PDF: of the document alone, so that it stays the same for ever, from when it has its legal number on."""
        return pdf_of(self.sheet)

    def is_shown_to(self, caller: Caller) -> bool:
        """Whether a caller may see it: a customer its own, once it is issued."""
        return caller.sees(self.customer) and (self.is_issued or caller.customer is None)


def show_document(unit: UnitOfWork, name: str) -> ShownDocument | None:
    """The invoice or credit note with this id or number; None if there is none."""
    invoice = unit.invoices.by_ids([name]).get(name) or unit.invoices.by_number(name)
    if invoice is not None:
        return _invoice(unit, invoice)
    note = unit.credit_notes.by_ids([name]).get(name) or unit.credit_notes.by_number(name)
    return None if note is None else _credit_note(unit, note)


@dataclass(frozen=True, slots=True)
class LegalDocument:
    """The number of the legal invoice, and where the provider shows it if it is the provider's."""

    number: str | None
    url: str | None = None


def legal_document(invoice: Invoice, held: HeldDocument | None) -> LegalDocument:
    """The legal invoice: ours, or what the provider holds; without a number until there is one."""
    if invoice.number is None or invoice.numbered_by is DocumentIssuer.GATEWAY:
        return LegalDocument(invoice.number)
    return LegalDocument(None) if held is None else LegalDocument(held.number, held.pay_url)


def payment_state(invoice: Invoice) -> tuple[str, str]:
    """What is known of the payment, which changes after the invoice is issued."""
    return "Payment", invoice.payment_status.value


def given_back(notes: Sequence[CreditNote]) -> Iterator[str]:
    """What was given back of an invoice since, one sentence for each credit note."""
    for note in notes:
        amount = f"{figure(note.total)} {note.currency}"
        yield f"Credit note {note.number} of {note.issued_on.isoformat()} gives back {amount}: {note.reason}"


def _invoice(unit: UnitOfWork, invoice: Invoice) -> ShownDocument:
    if invoice.legal_entity_version is None:
        issuer = unit.legal_entities.get(invoice.legal_entity)
    else:
        pinned = (invoice.legal_entity, invoice.legal_entity_version)
        issuer = unit.legal_entities.by_versions([pinned])[pinned]
    paid = unit.credits.paid_for([invoice.id]).get(invoice.id, 0)
    notes = unit.credit_notes.of_invoices([invoice.id]).get(invoice.id, ())
    meters = unit.definitions.meters()
    legal = legal_document(invoice, _held(unit, invoice.id))
    return ShownDocument(
        sheet=invoice_sheet(invoice, *_customer_and_zone(unit, invoice), meters, issuer, paid, legal.number),
        customer=invoice.customer,
        name=invoice.number or invoice.id,
        is_issued=invoice.finalized_at is not None,
        state=(payment_state(invoice),),
        since=tuple(given_back(notes)),
        legal_url=legal.url,
    )


def _credit_note(unit: UnitOfWork, note: CreditNote) -> ShownDocument:
    invoice = unit.invoices.get(note.invoice_id)
    pinned = (note.legal_entity, note.legal_entity_version)
    issuer = unit.legal_entities.by_versions([pinned])[pinned]
    held = _held(unit, note.id)
    number = held.number if held else None
    return ShownDocument(
        sheet=credit_note_sheet(note, invoice, *_customer_and_zone(unit, invoice), issuer, number),
        customer=note.customer,
        name=note.number,
        is_issued=True,
    )


def _held(unit: UnitOfWork, our_id: str) -> HeldDocument | None:
    return unit.differences.held_of([our_id]).get(our_id)


def _customer_and_zone(unit: UnitOfWork, invoice: Invoice) -> tuple[Customer, ZoneInfo]:
    customer = unit.definitions.customers_by_key([invoice.customer])[invoice.customer]
    owner = invoice.key.subscription_id
    return customer, unit.definitions.subscription_histories([owner])[owner].first.zone
