"""Our documents as Stripe's parameters, and Stripe's objects as our documents. Only the fields we need are read."""

from typing import Any

from stripe.params import CustomerCreateParams, InvoiceCreateParams, InvoiceItemCreateParams

from gateway.plugin_api import (
    CustomerDocument,
    DocumentIssuer,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    InvoiceDocument,
    InvoiceDocumentLine,
    PaidBy,
    TaxMode,
)
from gateway_stripe.currencies import from_stripe_amount, to_stripe_amount

OUR_ID = "gateway_id"
OUR_LINE = "gateway_line"
OUR_PAYMENT = "gateway_payment"
_STATUSES = {word: ExternalStatus(word) for word in ("draft", "open", "paid", "uncollectible", "void")}
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
    params: InvoiceCreateParams = {
        "customer": invoice.customer_ref,
        "currency": invoice.total.currency.lower(),
        "auto_advance": False,
        "collection_method": "send_invoice",
        "days_until_due": days_until_due,
        "pending_invoice_items_behavior": "exclude",
        # An empty text keeps the customer's own coupons off: what is owed has been rated.
        "discounts": "",
        "automatic_tax": {"enabled": invoice.tax_mode is TaxMode.QUOTED},
        "description": _description(invoice),
        "metadata": {**invoice.metadata, OUR_ID: invoice.id, "gateway_number": invoice.number},
    }
    if invoice.numbered_by is DocumentIssuer.GATEWAY:
        params["number"] = invoice.number
    return params


def _description(invoice: InvoiceDocument) -> str:
    """Our number, and where all lines are if they were summarised."""
    detail = f"\nAll lines: {invoice.detail_url}" if invoice.detail_url else ""
    return f"{invoice.label}{detail}"


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
    status, currency = str(invoice["status"]), invoice["currency"]
    taxes = sum(tax["amount"] for tax in invoice.get("total_taxes") or ())
    return ExternalDocument(
        kind=DocumentKind.INVOICE,
        ref=invoice["id"],
        our_id=our_id_of(invoice),
        status=_STATUSES.get(status, ExternalStatus.UNKNOWN),
        total=from_stripe_amount(invoice["total"], currency),
        amount_paid=from_stripe_amount(invoice["amount_paid"], currency),
        pay_url=invoice.get("hosted_invoice_url"),
        paid_by=_paid_by(invoice) if status == "paid" else None,
        tax=from_stripe_amount(taxes, currency),
        number=invoice.get("number"),
        status_there=status,
    )


def payment_id_of(invoice: dict[str, Any]) -> str:
    """The id of our payment that an invoice carries; empty if we have recorded none."""
    return str((invoice.get("metadata") or {}).get(OUR_PAYMENT, ""))


def _paid_by(invoice: dict[str, Any]) -> PaidBy | None:
    """What paid a paid invoice. Stripe has no word for it: it follows from what is there."""
    if payment_id_of(invoice):
        return PaidBy.OUT_OF_BAND
    if invoice["amount_paid"] > 0:
        return PaidBy.PAYMENT
    if not invoice["total"]:
        return None
    # Below zero is credit on the customer's balance, which pays before anything else does.
    is_credited = invoice["pre_payment_credit_notes_amount"] > 0 or invoice["starting_balance"] < 0
    return PaidBy.CREDIT if is_credited else PaidBy.BELOW_MINIMUM


def our_id_of(document: dict[str, Any]) -> str:
    """The id of ours that a document carries; empty if it was not made by a gateway."""
    return str((document.get("metadata") or {}).get(OUR_ID, ""))


def line_id_of(item: dict[str, Any]) -> str:
    """The id of ours that a line carries; empty if it was added by hand."""
    return str((item.get("metadata") or {}).get(OUR_LINE, ""))
