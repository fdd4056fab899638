"""Our documents as Recurly's bodies, and Recurly's objects as our documents. Only the fields we need are read."""

from collections.abc import Iterable
from typing import Any

from gateway.plugin_api import (
    CustomerDocument,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    InvoiceDocument,
    Money,
    PaidBy,
    PaymentDocument,
    TaxMode,
)
from gateway_recurly.credit_notes import our_credit_note_of
from gateway_recurly.currencies import from_recurly_amount, to_recurly_amount
from gateway_recurly.lines import Charge, to_charges
from gateway_recurly.refs import account_code, account_ref, invoice_ref

# Recurly answers with at most 50 characters of a company, though it takes more.
name_length_max = 50
payment_note_length_max = 50
product_code_length_max = 50
_VOID = "Void: "
_INVOICE_STATUSES = {
    "open": ExternalStatus.OPEN,
    "pending": ExternalStatus.OPEN,
    "processing": ExternalStatus.OPEN,
    "past_due": ExternalStatus.OPEN,
    "paid": ExternalStatus.PAID,
    "closed": ExternalStatus.PAID,
    "failed": ExternalStatus.UNCOLLECTIBLE,
    "voided": ExternalStatus.VOID,
}
_PAYMENT_METHODS = {
    "bank transfer": "wire_transfer",
    "wire": "wire_transfer",
    "wire transfer": "wire_transfer",
    "sepa": "sepadirectdebit",
    "cheque": "check",
    "check": "check",
    "card": "credit_card",
    "credit card": "credit_card",
    "ach": "ach",
    "bacs": "bacs",
    "paypal": "paypal",
    "money order": "money_order",
}


def to_recurly_account(customer: CustomerDocument) -> dict[str, Any]:
    """The body of an account that is to be made or changed, without its code."""
    body: dict[str, Any] = {"company": customer.name[:name_length_max]}
    if customer.email:
        body["email"] = customer.email
    return body


def to_recurly_purchase(invoice: InvoiceDocument, days_until_due: int) -> dict[str, Any]:
    """The body of a purchase: charges only, in our order, that Recurly neither taxes nor collects by itself."""
    notes = [invoice.label]
    if invoice.detail_url:
        notes.append(f"Every line: {invoice.detail_url}")
    return {
        "currency": invoice.total.currency,
        "account": {"code": account_code(invoice.customer_ref)},
        "collection_method": "manual",
        "net_terms": days_until_due,
        "po_number": invoice.id,
        "customer_notes": "\n".join(notes),
        "line_items": [_to_charge(charge, invoice.tax_mode) for charge in to_charges(invoice.flat_lines)],
    }


def to_void_notes(reason: str, notes: str) -> str:
    """What a charge invoice says that was voided."""
    return f"{_VOID}{reason}\n{notes}"


def to_recurly_payment(payment: PaymentDocument) -> dict[str, Any]:
    """The body of a payment by another way; its description begins with our id."""
    return {
        "amount": to_recurly_amount(payment.amount),
        "payment_method": _PAYMENT_METHODS.get(payment.method.lower(), "other"),
        "description": f"{payment.id} {payment.reference}"[:payment_note_length_max].rstrip(),
        "collected_at": f"{payment.received_on.isoformat()}T00:00:00Z",
    }


def is_payment(transaction: Any, payment: PaymentDocument) -> bool:
    """Whether `transaction` is `payment`, as recorded."""
    words = (_text(transaction, "description") or "").split(" ")
    return bool(transaction.success) and words[0] == payment.id[:payment_note_length_max]


def from_recurly_account(account: Any) -> ExternalDocument:
    """An account as it is there."""
    code = _needed(account, "code")
    return ExternalDocument(DocumentKind.CUSTOMER, account_ref(code), code)


def from_recurly_invoice(invoice: Any, pay_url: str | None = None) -> ExternalDocument:
    """An invoice or a credit invoice as it is there. Raises `ValueError` for one that cannot be understood."""
    currency, state = _needed(invoice, "currency"), _needed(invoice, "state")
    # Credit invoices count below zero.
    total = abs(_money(invoice, "total", currency).amount_minor)
    balance = abs(_money(invoice, "balance", currency).amount_minor)
    status = _status(invoice, state)
    # What is written off is not owed either, but nobody has paid it.
    is_written_off = status in {ExternalStatus.UNCOLLECTIBLE, ExternalStatus.VOID}
    paid = _money(invoice, "paid", currency).amount_minor if is_written_off else total - balance
    return ExternalDocument(
        kind=kind_of(invoice),
        ref=invoice_ref(_needed(invoice, "number")),
        our_id=our_id_of(invoice),
        status=status,
        total=Money(total, currency),
        amount_paid=Money(paid, currency),
        pay_url=pay_url,
        paid_by=_paid_by(invoice) if status is ExternalStatus.PAID and total else None,
        tax=_money(invoice, "tax", currency),
        number=invoice.number,
        status_there=state,
    )


def kind_of(invoice: Any) -> DocumentKind:
    """Whether it charges or credits."""
    return DocumentKind.CREDIT_NOTE if _needed(invoice, "type") == "credit" else DocumentKind.INVOICE


def our_id_of(invoice: Any) -> str:
    """The id of ours that an invoice carries; empty if it was not made by a gateway."""
    if kind_of(invoice) is DocumentKind.INVOICE:
        return _text(invoice, "po_number") or ""
    return our_credit_note_of(_text(invoice, "customer_notes") or "")


def is_marked_void(invoice: Any) -> bool:
    """Whether we have written on it that it is void."""
    return (_text(invoice, "customer_notes") or "").startswith(_VOID)


def _status(invoice: Any, state: str) -> ExternalStatus:
    if state == "failed" and is_marked_void(invoice):
        return ExternalStatus.VOID
    return _INVOICE_STATUSES.get(state, ExternalStatus.UNKNOWN)


def _paid_by(invoice: Any) -> PaidBy:
    """By a payment gateway, outside of Recurly, or from the account's credit."""
    payments = [each for each in _listed(invoice, "transactions") if each.success and each.type != "refund"]
    if any(_text(each, "payment_gateway") for each in payments):
        return PaidBy.PAYMENT
    return PaidBy.CREDIT if not payments and any(_listed(invoice, "credit_payments")) else PaidBy.OUT_OF_BAND


def _to_charge(charge: Charge, tax_mode: TaxMode) -> dict[str, Any]:
    start, end = charge.period
    return {
        "type": "charge",
        "currency": charge.amount.currency,
        "unit_amount": to_recurly_amount(charge.amount),
        "quantity": 1,
        "description": charge.description,
        "start_date": start.isoformat(),
        "end_date": end.isoformat(),
        "tax_exempt": tax_mode is TaxMode.OURS,
    } | ({"product_code": charge.line.price[:product_code_length_max]} if charge.line.price else {})


def _needed(resource: Any, name: str) -> str:
    text = _text(resource, name)
    if not text:
        raise ValueError(f"the answer lacks {name}")
    return str(text)


def _text(resource: Any, name: str) -> Any:
    return getattr(resource, name, None)


def _listed(resource: Any, name: str) -> Iterable[Any]:
    return getattr(resource, name, None) or ()


def _money(resource: Any, name: str, currency: str) -> Money:
    amount = getattr(resource, name, None)
    if amount is None:
        raise ValueError(f"the answer lacks {name}")
    return from_recurly_amount(amount, currency)
