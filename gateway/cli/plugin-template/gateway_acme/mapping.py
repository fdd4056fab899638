"""Our documents as Acme's fields, and Acme's objects as our documents."""

from typing import Any

from gateway.plugin_api import (
    CustomerDocument,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    InvoiceDocument,
    InvoiceDocumentLine,
    Money,
    PaidBy,
)

Fields = dict[str, Any]
_STATUSES = {word: ExternalStatus(word) for word in ("draft", "open", "paid", "void")}


def to_their_customer(customer: CustomerDocument) -> Fields:
    """The fields of a customer."""
    return {"our_id": customer.id, "name": customer.name, "email": customer.email}


def to_their_invoice(invoice: InvoiceDocument, days_until_due: int) -> Fields:
    """The fields of a draft with all its lines: rounded amounts, with nothing left to compute there."""
    return {
        "our_id": invoice.id,
        "number": invoice.number,
        "customer": invoice.customer_ref,
        "currency": invoice.total.currency,
        "days_until_due": days_until_due,
        "lines": [_to_their_line(line) for line in invoice.flat_lines],
    }


def from_their_customer(customer: Fields) -> ExternalDocument:
    """A customer as it is there."""
    return ExternalDocument(DocumentKind.CUSTOMER, customer["id"], customer["our_id"])


def from_their_invoice(invoice: Fields) -> ExternalDocument:
    """An invoice as it is there; a status that we have no word for is unknown, and the gateway stops."""
    return ExternalDocument(
        kind=DocumentKind.INVOICE,
        ref=invoice["id"],
        our_id=invoice["our_id"],
        status=_STATUSES.get(invoice["status"], ExternalStatus.UNKNOWN),
        total=Money(invoice["total"], invoice["currency"]),
        amount_paid=Money(invoice["paid"], invoice["currency"]),
        # It says only that it was paid; tell credits and payments by other ways apart, where there are any.
        paid_by=PaidBy.PAYMENT if invoice["status"] == "paid" else None,
        status_there=invoice["status"],
    )


def _to_their_line(line: InvoiceDocumentLine) -> Fields:
    return {"description": line.description, "amount": line.amount.amount_minor}
