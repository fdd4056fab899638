"""Our credit notes as Stripe's parameters, and back. What is paid already needs a word on where it goes."""

from typing import Any

from stripe.params import CreditNoteCreateParams

from gateway.plugin_api import (
    CreditDisposition,
    CreditNoteDocument,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    NeedsAttention,
    PaidBy,
)
from gateway_stripe.currencies import from_stripe_amount, to_stripe_amount
from gateway_stripe.mapping import OUR_ID, from_stripe_invoice, our_id_of

memo_length_max = 500
_STATUSES = {"issued": ExternalStatus.PAID, "void": ExternalStatus.VOID}


def to_stripe_credit_note(note: CreditNoteDocument, invoice: dict[str, Any]) -> CreditNoteCreateParams:
    """The parameters of a credit note on an invoice as it is now.

    Raises `NeedsAttention` if what was paid of it cannot be given back in that way.
    """
    amount = to_stripe_amount(note.total)
    params: CreditNoteCreateParams = {
        "invoice": note.invoice_ref,
        "amount": amount,
        "memo": note.reason[:memo_length_max],
        "email_type": "none",
        "metadata": {**note.metadata, OUR_ID: note.id, "gateway_number": note.number},
    }
    if note.disposition is CreditDisposition.BALANCE:
        beyond_due = amount - invoice["amount_remaining"]
        if beyond_due > 0:
            params["credit_amount"] = beyond_due
        return params
    _require_paid(note, invoice)
    field = "refund_amount" if note.disposition is CreditDisposition.REFUND else "out_of_band_amount"
    params[field] = amount  # type: ignore[literal-required]
    return params


def from_stripe_credit_note(note: dict[str, Any]) -> ExternalDocument:
    """A credit note as it is there."""
    status = str(note["status"])
    return ExternalDocument(
        kind=DocumentKind.CREDIT_NOTE,
        ref=note["id"],
        our_id=our_id_of(note),
        status=_STATUSES.get(status, ExternalStatus.UNKNOWN),
        total=from_stripe_amount(note["total"], note["currency"]),
        number=note["number"],
        status_there=status,
    )


def _require_paid(note: CreditNoteDocument, invoice: dict[str, Any]) -> None:
    held = from_stripe_invoice(invoice)
    is_paid = held.status is ExternalStatus.PAID
    if note.disposition is CreditDisposition.REFUND:
        is_paid = is_paid and held.paid_by is PaidBy.PAYMENT
    if not is_paid:
        raise NeedsAttention(
            f"Stripe's invoice {held.ref} was not paid in a way that {note.disposition} could give back",
            "credit it to the balance, which lowers what is due",
        )
