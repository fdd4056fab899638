"""Our documents as Chargebee's parameters, and Chargebee's objects as our documents. Only what we need is read."""

import json
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
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
    PaymentDocument,
    Permanent,
    TaxMode,
)
from gateway_chargebee.currencies import from_chargebee_amount, to_chargebee_amount

MARK = "gateway:"
"""What comes before our id in `po_number`, where other invoices carry purchase orders of customers."""
po_number_length_max = 100
customer_id_length_max = 50
company_length_max = 250
description_length_max = 250
note_length_max = 2000
comment_length_max = 300
page_size = 100

_STATUSES = {
    "pending": ExternalStatus.DRAFT,
    "posted": ExternalStatus.OPEN,
    "payment_due": ExternalStatus.OPEN,
    # Dunning has given up; it can still be paid.
    "not_paid": ExternalStatus.UNCOLLECTIBLE,
    "paid": ExternalStatus.PAID,
    "voided": ExternalStatus.VOID,
}
_PAYABLE = {ExternalStatus.OPEN, ExternalStatus.UNCOLLECTIBLE}
_METHODS = {"cash": "cash", "check": "check", "cheque": "check", "bank transfer": "bank_transfer"}
Fields = dict[str, Any]


def to_chargebee_customer(customer: CustomerDocument) -> Fields:
    """The parameters of a customer, of whom Chargebee neither collects nor closes anything by itself."""
    params: Fields = {
        "company": customer.name[:company_length_max],
        "auto_collection": "off",
        "auto_close_invoices": False,
        "meta_data": json.dumps({"gateway_id": customer.id, "gateway_key": customer.key}),
    }
    if customer.email:
        params["email"] = customer.email
    return params


def to_chargebee_invoice(invoice: InvoiceDocument, days_until_due: int) -> Fields:
    """The parameters of a pending invoice with all its lines, which Chargebee does not tax, close or collect."""
    return {
        "customer_id": invoice.customer_ref,
        "currency_code": invoice.total.currency,
        "po_number": MARK + invoice.id,
        "create_pending_invoice": True,
        "auto_collection": "off",
        "net_term_days": days_until_due,
        "invoice_note": _note(invoice),
        **to_chargebee_lines(invoice),
    }


def to_chargebee_lines(invoice: InvoiceDocument) -> Fields:
    """The lines as charges, each a rounded amount; what is below zero as one discount, for Chargebee has no such line.

    Chargebee taxes them where the taxes were quoted by it; ours are lines.
    """
    deducted = sum((line.amount for line in _deductions(invoice)), Money.zero(invoice.total.currency))
    is_taxable = invoice.tax_mode is TaxMode.QUOTED
    charges = [_charge(line, is_taxable) for line in charged_lines(invoice)]
    if not deducted.amount_minor:
        return {"charges": charges}
    amount = -to_chargebee_amount(deducted)
    return {"charges": charges, "discounts": [{"apply_on": "invoice_amount", "amount": amount}]}


def charged_lines(invoice: InvoiceDocument) -> Sequence[InvoiceDocumentLine]:
    """The lines that are charges at Chargebee, in the order in which they are sent."""
    return [line for line in invoice.flat_lines if line.amount.amount_minor > 0]


def untaxed_lines(invoice: InvoiceDocument) -> Sequence[InvoiceDocumentLine]:
    """The lines, and what credit has paid; without those that stand for taxes of ours."""
    return replace(invoice, total=invoice.total - _tax_total(invoice), taxes=()).flat_lines


def _tax_total(invoice: InvoiceDocument) -> Money:
    return sum((tax.amount for tax in invoice.taxes), Money.zero(invoice.total.currency))


def _charge(line: InvoiceDocumentLine, is_taxable: bool) -> Fields:
    return {
        "amount": to_chargebee_amount(line.amount),
        "description": line.description[:description_length_max],
        "date_from": int(line.period_start.timestamp()),
        "date_to": int(line.period_end.timestamp()),
        "taxable": is_taxable,
    }


def _deductions(invoice: InvoiceDocument) -> Iterable[InvoiceDocumentLine]:
    return (line for line in invoice.flat_lines if line.amount.amount_minor < 0)


def _note(invoice: InvoiceDocument) -> str:
    """Our number, what the discount is made of, and where all lines are if they were summarised."""
    lines = [invoice.label]
    if invoice.detail_url:
        lines.append(f"All lines: {invoice.detail_url}")
    lines += [f"{line.description}: {line.amount} {line.amount.currency}" for line in _deductions(invoice)]
    return "\n".join(lines)[:note_length_max]


def to_chargebee_payment(payment: PaymentDocument) -> Fields:
    """The parameters of a payment that came by another way; our id is its reference number, so that it is found."""
    said = f"{payment.method} {payment.reference}".strip()
    return {
        "transaction": {
            "amount": to_chargebee_amount(payment.amount),
            "payment_method": _METHODS.get(payment.method.lower(), "other"),
            "date": seconds_of(payment.received_on),
            "reference_number": payment.id,
        },
        **({"comment": said[:comment_length_max]} if said else {}),
    }


def from_chargebee_customer(customer: Fields) -> ExternalDocument:
    """A customer as it is there."""
    our_id = str((customer.get("meta_data") or {}).get("gateway_id", ""))
    return ExternalDocument(DocumentKind.CUSTOMER, customer["id"], our_id, version=version_of(customer))


def from_chargebee_invoice(invoice: Fields, portal: str, paid_by: PaidBy | None = None) -> ExternalDocument:
    """An invoice as it is there. Raises `KeyError`, `TypeError` or `ValueError` for one that cannot be understood."""
    currency, status = invoice["currency_code"], _status_of(invoice)
    paid = invoice["amount_paid"] + invoice["credits_applied"]
    return ExternalDocument(
        kind=DocumentKind.INVOICE,
        ref=invoice_ref(invoice),
        our_id=our_id_of(invoice),
        status=status,
        status_there=invoice["status"],
        total=from_chargebee_amount(invoice["total"], currency),
        amount_paid=from_chargebee_amount(paid, currency),
        tax=from_chargebee_amount(invoice.get("tax", 0), currency),
        version=version_of(invoice),
        pay_url=portal if status in _PAYABLE else None,
        paid_by=paid_by if status is ExternalStatus.PAID else None,
        number=None if status is ExternalStatus.DRAFT else invoice["id"],
    )


def _status_of(invoice: Fields) -> ExternalStatus:
    if invoice.get("deleted"):
        return ExternalStatus.VOID
    if invoice.get("write_off_amount"):
        return ExternalStatus.UNCOLLECTIBLE
    return _STATUSES.get(invoice["status"], ExternalStatus.UNKNOWN)


def payments_of(invoice: Fields) -> list[str]:
    """The transactions that have paid an invoice."""
    linked = invoice.get("linked_payments") or []
    return [payment["txn_id"] for payment in linked if payment.get("txn_status") == "success"]


def paid_by(invoice: Fields, offline: Container[str]) -> PaidBy | None:
    """What has paid an invoice; `offline` are the transactions that were only recorded."""
    transactions = payments_of(invoice)
    if any(ref not in offline for ref in transactions):
        return PaidBy.PAYMENT
    if transactions:
        return PaidBy.OUT_OF_BAND
    return PaidBy.CREDIT if invoice["credits_applied"] or invoice["amount_adjusted"] else None


def our_id_of(invoice: Fields) -> str:
    """The id of ours that an invoice carries; empty if it was not made by a gateway."""
    number = str(invoice.get("po_number") or "")
    return number.removeprefix(MARK) if number.startswith(MARK) else ""


def invoice_ref(invoice: Fields) -> str:
    """What an invoice is called for good: Chargebee gives it another id when it is closed.

    So the ref is its customer and our id; of an invoice that is not ours it is Chargebee's id.
    """
    our_id = our_id_of(invoice)
    return f"{invoice['customer_id']}/{our_id}" if our_id else str(invoice["id"])


def split_ref(ref: str) -> tuple[str, str]:
    """The customer there and our id. Raises `Permanent` for what is no ref of ours."""
    customer, _, our_id = ref.partition("/")
    if not (customer and our_id):
        raise Permanent(f"Chargebee has no invoice {ref!r} of ours")
    return customer, our_id


def seconds_of(day: date) -> int:
    """The beginning of a day, as Chargebee counts time."""
    return int(datetime.combine(day, time(), UTC).timestamp())


def version_of(document: Fields) -> str:
    """Versions are milliseconds; with leading zeros they compare as text."""
    return f"{document['resource_version']:020}" if "resource_version" in document else ""
