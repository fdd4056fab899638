"""What happens to what the sandbox holds: pure functions from one state of a document to the next."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from gateway.plugin_api import (
    CreditDisposition,
    CreditNoteDocument,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    Money,
    NeedsAttention,
    PaidBy,
    PaymentDocument,
    Permanent,
)
from gateway.sandbox.store import Document, Records

_ISSUED = (ExternalStatus.OPEN, ExternalStatus.PAID, ExternalStatus.UNCOLLECTIBLE)


def found(records: Records, ref: str) -> Document:
    """The document called `ref`. Raises `Permanent` if there is none."""
    document = records.get(ref)
    if document is None:
        raise Permanent(f"The sandbox has no document {ref!r}")
    return document


def found_invoice(records: Records, ref: str) -> Document:
    """The invoice called `ref`. Raises `Permanent` if there is none."""
    document = found(records, ref)
    if document.kind != DocumentKind.INVOICE:
        raise Permanent(f"The sandbox's document {ref!r} is no invoice")
    return document


def collected(invoice: Document) -> Document:
    """An invoice that its customer has paid."""
    everything = invoice.paid_minor + invoice.due_minor
    return replace(invoice, status=ExternalStatus.PAID, paid_minor=everything, paid_by=PaidBy.PAYMENT)


def voided(invoice: Document) -> Document:
    """An invoice that is void. Raises `NeedsAttention` for one of which something was paid."""
    if invoice.paid_minor:
        raise NeedsAttention(f"The sandbox's invoice {invoice.ref} is paid", "give it back with a credit note")
    return replace(invoice, status=ExternalStatus.VOID)


def paid(invoice: Document, payment: PaymentDocument) -> Document:
    """An invoice with a payment that came by another way; one that is known changes nothing."""
    if payment.id in invoice.payments:
        return invoice
    amount = payment.amount.amount_minor
    if invoice.status != ExternalStatus.OPEN or amount > invoice.due_minor:
        raise NeedsAttention(
            f"Of the sandbox's invoice {invoice.ref} {invoice.due_minor} minor units are due, not {amount}",
            "find out who has paid, and record what is missing",
        )
    taken = replace(invoice, paid_minor=invoice.paid_minor + amount, payments=(*invoice.payments, payment.id))
    return _settled(taken, PaidBy.OUT_OF_BAND)


def credited(invoice: Document, note: CreditNoteDocument) -> Document:
    """An invoice of which something is given back. Raises `NeedsAttention` if there is no such thing to give."""
    amount = note.total.amount_minor
    if invoice.status not in _ISSUED or amount > invoice.total_minor - invoice.credited_minor:
        raise NeedsAttention(
            f"The sandbox's invoice {invoice.ref} is {invoice.status}, and {amount} minor units cannot be credited",
            "credit an issued invoice, and no more than is left of it",
        )
    back = 0 if note.disposition is CreditDisposition.BALANCE else amount
    if back > invoice.paid_minor - invoice.refunded_minor:
        raise NeedsAttention(
            f"Of the sandbox's invoice {invoice.ref} too little is paid to give {amount} minor units back",
            "give it back to the balance, which lowers what is due",
        )
    given = replace(
        invoice,
        credited_minor=invoice.credited_minor + amount,
        refunded_minor=invoice.refunded_minor + back,
    )
    return _settled(given, PaidBy.CREDIT) if invoice.status == ExternalStatus.OPEN else given


def given_back(made: Document, invoice: Document, note: CreditNoteDocument) -> Document:
    """The credit note itself."""
    lines = ((note.id, note.total.amount_minor),)
    return replace(
        made,
        customer_ref=invoice.customer_ref,
        status=ExternalStatus.PAID,
        currency=invoice.currency,
        lines=lines,
    )


def balances_of(invoices: Iterable[Document]) -> tuple[Money, ...]:
    """What was credited of paid invoices, less what was refunded, by currency."""
    over: dict[str, int] = defaultdict(int)
    for invoice in invoices:
        kept = invoice.paid_minor + invoice.credited_minor - invoice.refunded_minor - invoice.total_minor
        over[invoice.currency or ""] += max(0, kept)
    return tuple(Money(amount, currency) for currency, amount in sorted(over.items()) if amount)


def external(document: Document) -> ExternalDocument:
    """A document as the plugin API shows it."""
    kind, version = DocumentKind(document.kind), f"{document.version:08}"
    if document.status is None or document.currency is None:
        return ExternalDocument(kind, document.ref, document.our_id, version=version)
    is_open = document.status == ExternalStatus.OPEN
    return ExternalDocument(
        kind=kind,
        ref=document.ref,
        our_id=document.our_id,
        status=ExternalStatus(document.status),
        total=Money(document.total_minor, document.currency),
        amount_paid=Money(document.paid_minor, document.currency),
        version=version,
        pay_url=f"https://sandbox.invalid/pay/{document.ref}" if is_open else None,
        paid_by=PaidBy(document.paid_by) if document.paid_by else None,
        tax=Money(document.tax_minor, document.currency),
        number=document.number,
        status_there=document.status,
    )


def _settled(invoice: Document, paid_by: PaidBy) -> Document:
    """An open invoice, paid if nothing is due any more; what paid it first says by what."""
    if invoice.due_minor:
        return invoice
    first = paid_by if not invoice.paid_minor or paid_by is not PaidBy.CREDIT else PaidBy.OUT_OF_BAND
    return replace(invoice, status=ExternalStatus.PAID, paid_by=first)
