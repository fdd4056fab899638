"""Our credit notes as Recurly's bodies: credit for what is due, refunds of what is paid."""

import re
from typing import Any

from gateway.plugin_api import CreditDisposition, CreditNoteDocument, Money
from gateway_recurly.currencies import to_recurly_amount
from gateway_recurly.lines import description_length_max
from gateway_recurly.refs import account_code

refund_note_length_max = 50
_OUR_CREDIT_NOTE = re.compile(r"^gateway:(\S+)$", re.MULTILINE)


def to_recurly_credit(note: CreditNoteDocument) -> dict[str, Any]:
    """The body of a purchase of nothing but credits, which makes a credit invoice."""
    given = [(line.description, line.amount) for line in note.lines]
    given += [(tax.label, tax.amount) for tax in note.taxes]
    return {
        "currency": note.total.currency,
        "account": {"code": account_code(note.customer_ref)},
        "collection_method": "manual",
        "credit_customer_notes": to_credit_notes(note),
        "line_items": [_to_credit(*each) for each in given if each[1].amount_minor],
    }


def to_recurly_refund(note: CreditNoteDocument) -> dict[str, Any]:
    """The body of a refund of what was paid: to the account's balance, or outside of Recurly."""
    body = {
        "type": "amount",
        "amount": to_recurly_amount(note.total),
        "refund_method": "all_credit",
        "credit_customer_notes": to_credit_notes(note),
    }
    if note.disposition is CreditDisposition.BALANCE:
        return body
    outside = {
        "payment_method": "other",
        "description": f"Credit note {note.number}"[:refund_note_length_max],
        "refunded_at": f"{note.issued_on.isoformat()}T00:00:00Z",
    }
    return body | {"refund_method": "all_transaction", "external_refund": outside}


def to_credit_notes(note: CreditNoteDocument) -> str:
    """What a credit invoice says: whatever kind it is, this is all that Recurly lets us write on it."""
    return f"Credit note {note.number}: {note.reason}\ngateway:{note.id}"


def our_credit_note_of(notes: str) -> str:
    """The id of ours that a credit invoice's notes carry; empty if it was not made by a gateway."""
    found = _OUR_CREDIT_NOTE.search(notes)
    return found.group(1) if found else ""


def _to_credit(description: str, amount: Money) -> dict[str, Any]:
    return {
        "type": "credit",
        "currency": amount.currency,
        "unit_amount": to_recurly_amount(amount),
        "quantity": 1,
        "description": description[:description_length_max],
        "tax_exempt": True,
    }
