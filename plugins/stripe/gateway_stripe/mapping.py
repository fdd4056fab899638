"""Our documents as Stripe's parameters, and Stripe's objects as our documents. Only the fields we need are read."""

from typing import Any

from stripe.params import CustomerCreateParams, InvoiceCreateParams, InvoiceItemCreateParams

from gateway.plugin_api import (
    CustomerDocument,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    InvoiceDocument,
    InvoiceDocumentLine,
)
from gateway_stripe.currencies import from_stripe_amount, to_stripe_amount

OUR_ID = "gateway_id"
OUR_LINE = "gateway_line"
name_length_max = 256
description_length_max = 500


def to_stripe_customer(customer: CustomerDocument) -> CustomerCreateParams:
    """The parameters of a customer."""
    params: CustomerCreateParams = {
        "name": customer.name[:name_length_max],
        "metadata": {OUR_ID: customer.id, "gateway_key": customer.key},
    }
    if customer.email:
        params["email"] = customer.email
    return params


def to_stripe_invoice(invoice: InvoiceDocument, days_until_due: int) -> InvoiceCreateParams:
    """The parameters of a draft without lines, which Stripe neither issues, changes nor collects by itself."""
    return {
        "customer": invoice.customer_ref,
        "currency": invoice.total.currency.lower(),
        "auto_advance": False,
        "collection_method": "send_invoice",
        "days_until_due": days_until_due,
        "pending_invoice_items_behavior": "exclude",
        # An empty text keeps the customer's own coupons off: what is owed has been rated.
        "discounts": "",
        "automatic_tax": {"enabled": False},
        "description": f"Invoice {invoice.number}",
        "metadata": {**invoice.metadata, OUR_ID: invoice.id, "gateway_number": invoice.number},
    }


def to_stripe_invoice_item(line: InvoiceDocumentLine, customer: str, invoice: str) -> InvoiceItemCreateParams:
    """The parameters of one line of a draft: a rounded amount, with no quantity to multiply it by."""
    return {
        "customer": customer,
        "invoice": invoice,
        "amount": to_stripe_amount(line.amount),
        "currency": line.amount.currency.lower(),
        "description": line.description[:description_length_max],
        "discountable": False,
        "period": {"start": int(line.period_start.timestamp()), "end": int(line.period_end.timestamp())},
        "metadata": {OUR_LINE: line.id},
    }


def from_stripe_customer(customer: dict[str, Any]) -> ExternalDocument:
    """A customer as it is there."""
    return ExternalDocument(DocumentKind.CUSTOMER, customer["id"], our_id_of(customer))


def from_stripe_invoice(invoice: dict[str, Any]) -> ExternalDocument:
    """An invoice as it is there. Raises `KeyError`, `TypeError` or `ValueError` for one that cannot be understood."""
    return ExternalDocument(
        kind=DocumentKind.INVOICE,
        ref=invoice["id"],
        our_id=our_id_of(invoice),
        status=ExternalStatus(invoice["status"]),
        total=from_stripe_amount(invoice["total"], invoice["currency"]),
        amount_paid=from_stripe_amount(invoice["amount_paid"], invoice["currency"]),
        pay_url=invoice.get("hosted_invoice_url"),
    )


def our_id_of(document: dict[str, Any]) -> str:
    """The id of ours that a document carries; empty if it was not made by a gateway."""
    return str((document.get("metadata") or {}).get(OUR_ID, ""))


def line_id_of(item: dict[str, Any]) -> str:
    """The id of ours that a line carries; empty if it was added by hand."""
    return str((item.get("metadata") or {}).get(OUR_LINE, ""))
