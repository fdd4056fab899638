"""Giving back: a refund of what was paid, or credit that lowers what is due."""

from typing import Any

from gateway.plugin_api import (
    CreditDisposition,
    CreditNoteDocument,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    Money,
    NeedsAttention,
)
from gateway_recurly.client import RecurlyApi, half_done, once
from gateway_recurly.credit_notes import to_recurly_credit, to_recurly_refund
from gateway_recurly.currencies import from_recurly_amount
from gateway_recurly.invoices import Invoices
from gateway_recurly.mapping import from_recurly_invoice


class Crediting:
    """The credit notes of one site."""

    def __init__(self, api: RecurlyApi, invoices: Invoices) -> None:
        self._api = api
        self._invoices = invoices

    def put(self, note: CreditNoteDocument, key: str, existing: ExternalDocument | None) -> ExternalDocument:
        """Make what is missing of it: the refund, or the credit and what it lowers."""
        invoice = self._invoices.get(note.invoice_ref)
        if existing is None and (note.disposition is CreditDisposition.OUT_OF_BAND or invoice.state == "paid"):
            return self._refund(note, invoice, key)
        credit = existing or self._credit(note, invoice, key)
        if note.disposition is CreditDisposition.OUT_OF_BAND:
            return credit
        with half_done():
            return self._applied(credit, note.invoice_ref, key)

    def _credit(self, note: CreditNoteDocument, invoice: Any, key: str) -> ExternalDocument:
        """Credit of the account's, for an invoice of which something is due."""
        is_due = from_recurly_invoice(invoice).status is ExternalStatus.OPEN
        _require_within(note, from_recurly_amount(invoice.total if is_due else 0, invoice.currency))
        with self._api.writing() as client:
            (made,) = client.create_purchase(to_recurly_credit(note), headers=once(key)).credit_invoices
            return from_recurly_invoice(made)

    def _applied(self, credit: ExternalDocument, invoice_ref: str, key: str) -> ExternalDocument:
        """The credit, once it lowers what is due of its invoice; what is more than that stays with the account."""
        invoice = self._invoices.fetch(DocumentKind.INVOICE, invoice_ref)
        if invoice.status is not ExternalStatus.OPEN or credit.status is not ExternalStatus.OPEN:
            return credit
        with self._api.writing() as client:
            client.apply_credit_balance(invoice_ref, headers=once(f"{key}-apply"))
        return self._invoices.fetch(DocumentKind.CREDIT_NOTE, credit.ref)

    def _refund(self, note: CreditNoteDocument, invoice: Any, key: str) -> ExternalDocument:
        _require_within(note, from_recurly_amount(getattr(invoice, "refundable_amount", None) or 0, invoice.currency))
        with self._api.writing() as client:
            made = client.refund_invoice(note.invoice_ref, to_recurly_refund(note), headers=once(key))
            return from_recurly_invoice(made)


def _require_within(note: CreditNoteDocument, most: Money) -> None:
    if most.currency != note.total.currency or most.amount_minor < note.total.amount_minor:
        raise NeedsAttention(
            f"Of Recurly's invoice {note.invoice_ref} {most} {most.currency} can be given back by {note.disposition},"
            f" not {note.total} {note.total.currency}",
            "look at Recurly what was paid and credited already, and credit the rest to the balance",
        )
