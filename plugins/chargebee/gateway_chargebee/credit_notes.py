"""Credit notes: one of ours may be two of Chargebee's, and giving money back is a step of its own.

What is still due is taken off by an adjustment; what was paid becomes a refundable note, whose money stays as credit
for the customer's next invoices, goes back the way it came, or is recorded as given back elsewhere.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gateway.plugin_api import (
    CreditDisposition,
    CreditNoteDocument,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    NeedsAttention,
    Permanent,
)
from gateway_chargebee.currencies import from_chargebee_amount, to_chargebee_amount
from gateway_chargebee.mapping import description_length_max, seconds_of, version_of

if TYPE_CHECKING:
    from gateway_chargebee.client import ChargebeeClient

Fields = dict[str, Any]
note_length_max = 2000
# The only text of ours that comes back with a credit note is the description of a line.
_TAG = re.compile(r"\[gateway:(?P<id>\S+) (?P<disposition>\w+)\]$")


class CreditNotes:
    """The credit notes of one site."""

    def __init__(self, client: "ChargebeeClient") -> None:
        self._client = client
        self._sdk = client.sdk

    def find(self, our_id: str, params: Fields) -> ExternalDocument | None:
        """The one with our id among those that `params` list."""
        pages = self._client.listed(self._sdk.CreditNote.list, "credit_note", params)
        found = [note for page in pages for note in page if _tag_of(note)[0] == our_id]
        valid = [note for note in found if note["status"] != "voided"] or found
        return _document(valid) if valid else None

    def fetch(self, ref: str) -> ExternalDocument:
        """The notes that a ref names. Raises `Permanent` if there is none."""
        return _document(self._notes(ref))

    def put(
        self, note: CreditNoteDocument, invoice: Fields, key: str, existing: ExternalDocument | None
    ) -> ExternalDocument:
        """Make the notes that are missing, then give back what was asked for and is not given back yet."""
        made = self._notes(existing.ref) if existing else self._made(note, invoice)
        made = [*made, *self._missing(note, invoice, key, made)]
        return _document([self._given_back(note, each, key) for each in made])

    def _notes(self, ref: str) -> list[Fields]:
        return [self._client.read(self._sdk.CreditNote.retrieve, each).credit_note.raw_data for each in ref.split("+")]

    def _made(self, note: CreditNoteDocument, invoice: Fields) -> list[Fields]:
        """What there is of it already: how it is to be split follows from what was due before."""
        params = {"reference_invoice_id": {"is": invoice["id"]}}
        pages = self._client.listed(self._sdk.CreditNote.list, "credit_note", params)
        found = [each for page in pages for each in page if _tag_of(each)[0] == note.id]
        return [each for each in found if each["status"] != "voided"]

    def _missing(self, note: CreditNoteDocument, invoice: Fields, key: str, made: Sequence[Fields]) -> list[Fields]:
        """What is still to be credited, of what is due first; several requests, each with a key of its own."""
        left = to_chargebee_amount(note.total) - sum(each["total"] for each in made)
        due = invoice["amount_due"] if note.disposition is CreditDisposition.BALANCE else 0
        parts = [("adjustment", min(left, due)), ("refundable", left - min(left, due))]
        _require_credit(note, invoice, parts[1][1])
        return [self._create(note, invoice, kind, amount, f"{key}-{kind[0]}") for kind, amount in parts if amount]

    def _create(self, note: CreditNoteDocument, invoice: Fields, kind: str, amount: int, key: str) -> Fields:
        params = {
            "reference_invoice_id": invoice["id"],
            "type": kind,
            "reason_code": "other",
            "customer_notes": f"Credit note {note.number}: {note.reason}"[:note_length_max],
            "line_items": [_line(note, amount)],
        }
        created: Fields = self._client.write(self._sdk.CreditNote.create, params, key=key).credit_note.raw_data
        return created

    def _given_back(self, note: CreditNoteDocument, made: Fields, key: str) -> Fields:
        amount = made.get("amount_available", 0)
        if made["status"] != "refund_due" or note.disposition is CreditDisposition.BALANCE or not amount:
            return made
        call, params = self._sdk.CreditNote.refund, {"refund_amount": amount}
        if note.disposition is CreditDisposition.OUT_OF_BAND:
            day = seconds_of(note.issued_on)
            params = {"transaction": {"amount": amount, "payment_method": "other", "date": day}}
            call = self._sdk.CreditNote.record_refund
        try:
            refunded: Fields = self._client.write(call, made["id"], params, key=f"{key}-back").credit_note.raw_data
        except Permanent as error:
            raise NeedsAttention(
                f"Chargebee does not refund credit note {made['id']}: {error}",
                "refund it at Chargebee or record there how it was given back, then resume the delivery",
            ) from error
        return refunded


def _require_credit(note: CreditNoteDocument, invoice: Fields, refundable: int) -> None:
    """Refuse what cannot be given back, before anything is made of it."""
    credited = sum(
        each["cn_total"] for each in invoice.get("issued_credit_notes") or [] if each["cn_status"] != "voided"
    )
    paid = invoice["amount_paid"] + invoice["credits_applied"] - credited
    if refundable > max(0, paid):
        currency = note.total.currency
        raise NeedsAttention(
            f"Of Chargebee's invoice {invoice['id']} only {from_chargebee_amount(max(0, paid), currency)} {currency}"
            f" were paid and not credited yet, and credit note {note.number} is to give back"
            f" {from_chargebee_amount(refundable, currency)}",
            "credit what is due by the customer's balance, or wait for the payment",
        )


def _line(note: CreditNoteDocument, amount: int) -> Fields:
    tag = f" [gateway:{note.id} {note.disposition}]"
    words = ", ".join(dict.fromkeys(line.description for line in note.lines)) or note.reason
    return {
        "unit_amount": amount,
        "quantity": 1,
        "amount": amount,
        "entity_type": "adhoc",
        "description": words[: description_length_max - len(tag)] + tag,
    }


def _tag_of(note: Fields) -> tuple[str, CreditDisposition | None]:
    """Our id and the disposition that a note carries; nothing if it was not made by a gateway."""
    for line in note.get("line_items") or []:
        found = _TAG.search(line.get("description") or "")
        if found:
            return found["id"], CreditDisposition(found["disposition"])
    return "", None


def _document(made: Sequence[Fields]) -> ExternalDocument:
    """Chargebee's notes as the one that they are of ours, whatever the order in which they are listed."""
    notes = sorted(made, key=lambda note: (note["type"], note["id"]))
    our_id, disposition = _tag_of(notes[0])
    return ExternalDocument(
        kind=DocumentKind.CREDIT_NOTE,
        ref="+".join(note["id"] for note in notes),
        our_id=our_id,
        status=_status_of(notes, disposition),
        status_there=", ".join(note["status"] for note in notes),
        total=from_chargebee_amount(sum(note["total"] for note in notes), notes[0]["currency_code"]),
        version=max(version_of(note) for note in notes),
        number=", ".join(note["id"] for note in notes),
    )


def _status_of(notes: Sequence[Fields], disposition: CreditDisposition | None) -> ExternalStatus:
    statuses = {note["status"] for note in notes}
    if statuses == {"voided"}:
        return ExternalStatus.VOID
    if not statuses <= {"adjusted", "refunded", "refund_due", "voided"}:
        return ExternalStatus.UNKNOWN
    if "refund_due" not in statuses:
        return ExternalStatus.PAID
    return ExternalStatus.OPEN if disposition is CreditDisposition.BALANCE else ExternalStatus.DRAFT
