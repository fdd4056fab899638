"""Credit notes and who voided what, as `CreditNotes` asks for them."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from gateway.core.feeds import InvoiceChange, InvoiceChangeKind
from gateway.core.invoicing.credit_notes import CreditNote, CreditNoteLine, Disposition
from gateway.core.invoicing.terms_documents import tax_shares_document, tax_shares_from
from gateway.core.money import Money
from gateway.core.ports.credit_notes import Voiding
from gateway.storage.feeds import SqlFeeds
from gateway.storage.rows import CreditNoteLineRow, CreditNoteRow, InvoiceRow, VoidingRow, table_of
from gateway.storage.statements import one_of

_NOTES = table_of(CreditNoteRow)
_LINES = table_of(CreditNoteLineRow)
_VOIDINGS = table_of(VoidingRow)
_INVOICES = table_of(InvoiceRow)


class SqlCreditNotes:
    """See `CreditNotes`."""

    def __init__(self, connection: Connection, feeds: SqlFeeds) -> None:
        self._connection = connection
        self._feeds = feeds

    def add(self, note: CreditNote) -> None:
        """See `CreditNotes.add`."""
        self._connection.execute(insert(_NOTES), _note_values(note))
        self._connection.execute(insert(_LINES), [_line_values(note.id, line) for line in note.lines])
        credited = InvoiceChange(note.invoice_id, InvoiceChangeKind.CREDITED, note.created_at, credit_note_id=note.id)
        self._feeds.add_invoice_change(credited)

    def by_ids(self, ids: Sequence[str]) -> dict[str, CreditNote]:
        """See `CreditNotes.by_ids`."""
        found = self._load(select(_NOTES).where(one_of(self._connection, _NOTES.c.id, ids)))
        return {note.id: note for note in found}

    def of_invoices(self, invoice_ids: Sequence[str]) -> dict[str, list[CreditNote]]:
        """See `CreditNotes.of_invoices`."""
        query = select(_NOTES).where(one_of(self._connection, _NOTES.c.invoice_id, invoice_ids))
        found: dict[str, list[CreditNote]] = {}
        for note in self._load(query.order_by(_NOTES.c.number)):
            found.setdefault(note.invoice_id, []).append(note)
        return found

    def by_number(self, number: str) -> CreditNote | None:
        """See `CreditNotes.by_number`."""
        return next(iter(self._load(select(_NOTES).where(_NOTES.c.number == number))), None)

    def page(self, after: str | None, limit: int, customer: str | None = None) -> list[CreditNote]:
        """See `CreditNotes.page`."""
        query = select(_NOTES).order_by(_NOTES.c.number).limit(limit)
        if after is not None:
            query = query.where(_NOTES.c.number > after)
        if customer is not None:
            query = query.where(_NOTES.c.customer == customer)
        return self._load(query)

    def add_voiding(self, voiding: Voiding) -> None:
        """See `CreditNotes.add_voiding`."""
        self._connection.execute(insert(_VOIDINGS), asdict(voiding))
        of_invoice = select(_INVOICES.c.finalized_at).where(_INVOICES.c.id == voiding.invoice_id)
        if self._connection.execute(of_invoice).scalar() is not None:
            voided = InvoiceChange(voiding.invoice_id, InvoiceChangeKind.VOIDED, voiding.voided_at)
            self._feeds.add_invoice_change(voided)

    def voidings(self, invoice_ids: Sequence[str]) -> dict[str, Voiding]:
        """See `CreditNotes.voidings`."""
        query = select(_VOIDINGS).where(one_of(self._connection, _VOIDINGS.c.invoice_id, invoice_ids))
        return {row.invoice_id: Voiding(**row._asdict()) for row in self._connection.execute(query)}

    def _load(self, query: Select[Any]) -> list[CreditNote]:
        """The notes that `query` finds, in its order, with their lines: two statements whatever their number."""
        rows = self._connection.execute(query).all()
        lines = self._lines({row.id: row.currency for row in rows})
        return [_note(row, tuple(lines[row.id])) for row in rows]

    def _lines(self, currencies: dict[str, str]) -> dict[str, list[CreditNoteLine]]:
        if not currencies:
            return {}
        query = select(_LINES).where(one_of(self._connection, _LINES.c.credit_note_id, currencies))
        found: dict[str, list[CreditNoteLine]] = {}
        for row in self._connection.execute(query.order_by(_LINES.c.credit_note_id, _LINES.c.line)):
            found.setdefault(row.credit_note_id, []).append(_line(row, currencies[row.credit_note_id]))
        return found


def _note_values(note: CreditNote) -> dict[str, object]:
    return {
        "id": note.id,
        "invoice_id": note.invoice_id,
        "customer": note.customer,
        "number": note.number,
        "currency": note.currency,
        "issued_on": note.issued_on.isoformat(),
        "reason": note.reason,
        "dispositions": json.dumps([[kind.value, amount.amount_minor] for kind, amount in note.dispositions]),
        "total_minor": note.total.amount_minor,
        "created_at": note.created_at,
        "legal_entity": note.legal_entity,
        "legal_entity_version": note.legal_entity_version,
    }


def _line_values(note_id: str, line: CreditNoteLine) -> dict[str, object]:
    return {
        "credit_note_id": note_id,
        "line": line.line,
        "amount_minor": line.amount.amount_minor,
        "discount_minor": line.discount.amount_minor,
        "taxes": json.dumps(tax_shares_document(line.taxes)),
    }


def _note(row: Row[Any], lines: tuple[CreditNoteLine, ...]) -> CreditNote:
    dispositions = json.loads(row.dispositions)
    return CreditNote(
        id=row.id,
        invoice_id=row.invoice_id,
        customer=row.customer,
        currency=row.currency,
        issued_on=date.fromisoformat(row.issued_on),
        reason=row.reason,
        lines=lines,
        dispositions=tuple((Disposition(kind), Money(amount, row.currency)) for kind, amount in dispositions),
        created_at=row.created_at,
        number=row.number,
        legal_entity=row.legal_entity,
        legal_entity_version=row.legal_entity_version,
    )


def _line(row: Row[Any], currency: str) -> CreditNoteLine:
    amount, discount = Money(row.amount_minor, currency), Money(row.discount_minor, currency)
    return CreditNoteLine(row.line, amount, discount, tax_shares_from(json.loads(row.taxes), currency))
