"""What goes to a provider for an invoice, and what has to be true of its answers before they are believed."""

from dataclasses import replace

from gateway.core.delivery import is_invoice
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus, PaymentStatus
from gateway.core.invoicing.totals import tax_totals
from gateway.core.money import Money
from gateway.core.subscriptions.subscription import Customer
from gateway.plugin_api import (
    Capabilities,
    CustomerDocument,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    InvoiceDocument,
    InvoiceDocumentLine,
    LineTax,
    NeedsAttention,
    TaxLine,
)

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
        total=invoice.total if paid is None else invoice.total - paid,
        lines=tuple(_line(invoice, ordinal) for ordinal in range(len(invoice.lines))),
        taxes=_taxes(invoice),
        paid_from_credit=paid,
    )


def to_fitting(invoice: InvoiceDocument, capabilities: Capabilities) -> InvoiceDocument:
    """The same invoice without the lines of nothing that the provider does not take; they change no total."""
    if capabilities.zero_lines:
        return invoice
    return replace(invoice, lines=tuple(line for line in invoice.lines if line.amount.amount_minor))


def check_kind(document_id: str) -> None:
    """Refuse what no provider is told by itself yet. Raises `NeedsAttention`."""
    if not is_invoice(document_id):
        raise NeedsAttention(
            f"Document {document_id} is no invoice, and providers are sent invoices alone",
            "make the credit note, or void the invoice, at the provider; the books have it already",
        )


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


def _taxes(invoice: Invoice) -> tuple[TaxLine, ...]:
    totals = tax_totals(invoice.lines)
    return tuple(TaxLine(tax.rate.key, tax.rate.key, tax.rate.percent, tax.base, tax.amount) for tax in totals)


def check_answer(
    answer: ExternalDocument, kind: DocumentKind, our_id: str, total: Money | None = None
) -> ExternalDocument:
    """The answer, if it is about what was asked for. Raises `NeedsAttention` if it is not, or is void."""
    if (answer.kind, answer.our_id) != (kind, our_id):
        raise NeedsAttention(
            f"The provider's {answer.kind} {answer.ref} carries {answer.our_id!r} instead of {our_id!r}",
            "correct the id that is stored there, then resume the delivery",
        )
    if answer.status is ExternalStatus.VOID:
        raise NeedsAttention(
            f"Invoice {answer.ref} was voided at the provider",
            "void it here too, or delete it there and resume the delivery",
        )
    if total is not None and answer.total != total:
        raise NeedsAttention(
            f"The provider's invoice {answer.ref} totals {_words(answer.total)} and ours {_words(total)}",
            "remove the difference at the provider, then resume the delivery",
        )
    return answer


def payment_status(document: ExternalDocument) -> PaymentStatus:
    """What the provider's state means for the money."""
    return _PAYMENTS.get(document.status, PaymentStatus.UNPAID)


def _words(amount: Money | None) -> str:
    return f"{amount} {amount.currency}" if amount is not None else "nothing"
