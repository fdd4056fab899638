"""What goes to a provider for an invoice, and what has to be true of its answers before they are believed."""

from datetime import datetime

from gateway.core.delivery import is_invoice
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus, PaymentStatus
from gateway.core.invoicing.totals import tax_totals
from gateway.core.money import Money
from gateway.core.numbers import plain
from gateway.core.subscriptions.subscription import Customer
from gateway.plugin_api import (
    Ambiguous,
    Capabilities,
    CustomerDocument,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    InvoiceDocument,
    InvoiceDocumentLine,
    NeedsAttention,
    Unsupported,
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
    lines = [
        InvoiceDocumentLine(f"{invoice.id}:{ordinal}", line.description, line.net, line.period.start, line.period.end)
        for ordinal, line in enumerate(invoice.lines)
    ]
    lines += _tax_lines(invoice)
    due = invoice.total
    if paid_minor:
        paid = Money(-paid_minor, invoice.currency)
        due += paid
        lines.append(InvoiceDocumentLine(f"{invoice.id}:credit", "Paid from credit", paid, *_span(invoice)))
    return InvoiceDocument(invoice.id, invoice.number, customer_ref, invoice.issued_on, due, lines)


def check_kind(document_id: str) -> None:
    """Refuse what no provider is told by itself yet. Raises `NeedsAttention`."""
    if not is_invoice(document_id):
        raise NeedsAttention(
            f"Document {document_id} is no invoice, and providers are sent invoices alone",
            "make the credit note, or void the invoice, at the provider; the books have it already",
        )


def _tax_lines(invoice: Invoice) -> list[InvoiceDocumentLine]:
    """One line for each rate, so that the lines sum to the total; none for a tax of nothing."""
    taxes = [tax for tax in tax_totals(invoice.lines) if tax.amount.amount_minor]
    names = (f"{tax.rate.key} {plain(tax.rate.percent)} %" for tax in taxes)
    return [
        InvoiceDocumentLine(f"{invoice.id}:tax-{ordinal}", name, tax.amount, *_span(invoice))
        for ordinal, (name, tax) in enumerate(zip(names, taxes, strict=True))
    ]


def _span(invoice: Invoice) -> tuple[datetime, datetime]:
    """From the first to the last instant that a line is for."""
    return min(line.period.start for line in invoice.lines), max(line.period.end for line in invoice.lines)


def check_fit(invoice: InvoiceDocument, capabilities: Capabilities) -> None:
    """Refuse, before anything is sent, what the provider does not take. Raises `Unsupported` or `NeedsAttention`."""
    amounts = [line.amount.amount_minor for line in invoice.lines]
    if capabilities.currencies is not None and invoice.total.currency not in capabilities.currencies:
        raise Unsupported(f"the currency {invoice.total.currency}")
    if len(amounts) > capabilities.lines_max:
        raise NeedsAttention(
            f"Invoice {invoice.number} has {len(amounts)} lines and the provider takes {capabilities.lines_max}",
            "price by fewer dimensions, or bill this customer through another provider",
        )
    if not capabilities.negative_lines and min(amounts, default=0) < 0:
        raise Unsupported("lines below zero")
    if not capabilities.zero_lines and 0 in amounts:
        raise Unsupported("lines of zero")
    if len(invoice.id) > capabilities.external_id_length_max:
        raise Unsupported(f"ids of more than {capabilities.external_id_length_max} characters")


def check_answer(answer: object, kind: DocumentKind, our_id: str, total: Money | None = None) -> ExternalDocument:
    """The answer, if it is what was asked for.

    Raises `Ambiguous` if it is no document at all, and `NeedsAttention` if it is another one, or one that is void.
    """
    if not isinstance(answer, ExternalDocument) or not answer.ref:
        raise Ambiguous(f"The plugin answered with {type(answer).__name__} instead of a document with an id")
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
