"""Invoices and their lines as tables: what is final, and whatever happens to it later as rows of their own.

Amounts say what a change adds to what is billed, so that any rows can be summed: those of a void and of a credit note
are below zero, and those of a payment are zero.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import msgspec

from gateway.core.feeds import Feed, InvoiceChange, InvoiceChangeKind
from gateway.core.invoicing.credit_notes import CreditNote, CreditNoteLine
from gateway.core.invoicing.invoice import Invoice, InvoiceLine
from gateway.core.money import Money
from gateway.core.numbers import quantity_places
from gateway.core.ports.storage import UnitOfWork
from gateway.services.datasets import Dataset, Source, numbered_source
from gateway.services.export_transfers import amount_places
from gateway.services.installation import Installation
from gateway.tables.schema import Cell, Column, ColumnType, TableRow, TableSchema

_changes_per_chunk = 500
_changes_per_file = 50_000

_CHANGE = (
    Column("position", ColumnType.INTEGER, "Place among the changes of all invoices, from 1 without gaps."),
    Column("change", ColumnType.TEXT, "What happened: `finalized`, `credited`, `voided` or `payment`."),
    Column("changed_at", ColumnType.TIME, "When; missing for payments from before changes were numbered."),
    Column("invoice_id", ColumnType.TEXT, "The id of the invoice."),
    Column("number", ColumnType.TEXT, "Its legal number."),
    Column("credit_note", ColumnType.TEXT, "The number of the credit note, where it was credited."),
    Column("customer", ColumnType.TEXT, "The key of the customer."),
    Column("currency", ColumnType.TEXT, "The ISO 4217 code."),
)
_AMOUNTS = (
    Column("net", ColumnType.DECIMAL, "The sum after discounts and before tax that the change adds.", amount_places),
    Column("tax", ColumnType.DECIMAL, "The tax that it adds.", amount_places),
    Column("total", ColumnType.DECIMAL, "What is to be paid that it adds, net and tax.", amount_places),
)
INVOICE_SCHEMA = TableSchema(
    "invoices",
    1,
    (
        *_CHANGE,
        *_AMOUNTS,
        Column("payment_status", ColumnType.TEXT, "What the provider says of the money, where that changed."),
        Column("paid_by", ColumnType.TEXT, "What paid it, where that changed."),
        Column("subscription_id", ColumnType.TEXT, "The id of the subscription, or of the phase of one."),
        Column("plan", ColumnType.TEXT, "The key of the plan."),
        Column("plan_version", ColumnType.INTEGER, "The version of the plan."),
        Column("kind", ColumnType.TEXT, "What it bills: `period`, `progressive` and the like."),
        Column("legal_entity", ColumnType.TEXT, "Who issued it."),
        Column("issued_on", ColumnType.DATE, "The day on the invoice."),
        Column("due_on", ColumnType.DATE, "Until when to pay it, if anything is due."),
    ),
)
LINE_SCHEMA = TableSchema(
    "invoice-lines",
    1,
    (
        *_CHANGE,
        Column("line", ColumnType.INTEGER, "Place of the line on the invoice, from 0."),
        Column("price", ColumnType.TEXT, "The key of the price."),
        Column("meter", ColumnType.TEXT, "The key of the meter, for usage."),
        Column("meter_version", ColumnType.INTEGER, "The version of the meter."),
        Column("dimensions", ColumnType.TEXT, "The dimension values, a JSON object."),
        Column("description", ColumnType.TEXT, "The text on the invoice."),
        Column("period_start", ColumnType.TIME, "When its service period begins."),
        Column("period_end", ColumnType.TIME, "When it ends."),
        Column(
            "quantity", ColumnType.DECIMAL, "The quantity that the change adds, unless it credits.", quantity_places
        ),
        Column("amount", ColumnType.DECIMAL, "The amount before discounts and tax that it adds.", amount_places),
        Column("discount", ColumnType.DECIMAL, "What comes off of that.", amount_places),
        *_AMOUNTS,
    ),
)


_Read = Callable[[UnitOfWork, int, int], Sequence[TableRow]]


def _opened_by(read: _Read) -> Callable[[Installation], AbstractContextManager[Source]]:
    def opened(installation: Installation) -> AbstractContextManager[Source]:
        return numbered_source(installation, lambda unit: unit.feeds.head(Feed.INVOICES), read, _changes_per_chunk)

    return opened


@dataclass(frozen=True, slots=True)
class _Happened:
    """A change with the documents that it is about."""

    position: int
    change: InvoiceChange
    invoice: Invoice
    note: CreditNote | None

    def names(self) -> TableRow:
        """What both tables begin with."""
        change, invoice = self.change, self.invoice
        note = None if self.note is None else self.note.number
        named = (invoice.id, invoice.number, note, invoice.customer, invoice.currency)
        return self.position, change.kind.value, change.changed_at, *named


def _happened(unit: UnitOfWork, after: int, through: int) -> Iterator[_Happened]:
    changes = unit.feeds.invoice_changes(after, through)
    invoices = unit.invoices.by_ids(sorted({change.invoice_id for _, change in changes}))
    notes = unit.credit_notes.by_ids([change.credit_note_id for _, change in changes if change.credit_note_id])
    for position, change in changes:
        note = None if change.credit_note_id is None else notes[change.credit_note_id]
        yield _Happened(position, change, invoices[change.invoice_id], note)


def _invoice_rows(unit: UnitOfWork, after: int, through: int) -> Sequence[TableRow]:
    return [_invoice_row(each) for each in _happened(unit, after, through)]


def _invoice_row(happened: _Happened) -> TableRow:
    change, invoice = happened.change, happened.invoice
    return (
        *happened.names(),
        *(amount.amount for amount in _added(happened)),
        change.payment_status,
        change.paid_by,
        invoice.key.subscription_id,
        invoice.plan,
        invoice.plan_version,
        invoice.key.kind,
        invoice.legal_entity,
        invoice.issued_on,
        invoice.due_on,
    )


def _added(happened: _Happened) -> tuple[Money, Money, Money]:
    """Net, tax and total that a change adds."""
    invoice, note = happened.invoice, happened.note
    match happened.change.kind:
        case InvoiceChangeKind.FINALIZED:
            return invoice.net, invoice.tax, invoice.total
        case InvoiceChangeKind.VOIDED:
            return -invoice.net, -invoice.tax, -invoice.total
        case InvoiceChangeKind.CREDITED:
            assert note is not None, "what credits is a credit note"
            return -note.net, -note.tax, -note.total
        case InvoiceChangeKind.PAYMENT:
            return (Money.zero(invoice.currency),) * 3


def _line_rows(unit: UnitOfWork, after: int, through: int) -> Sequence[TableRow]:
    return [row for each in _happened(unit, after, through) for row in _lines(each)]


def _lines(happened: _Happened) -> Iterator[TableRow]:
    invoice, note = happened.invoice, happened.note
    if note is not None:
        for credited in note.lines:
            line = invoice.lines[credited.line]
            yield (*happened.names(), credited.line, *_described(line), None, *_amounts(credited, -1))
    elif happened.change.kind is not InvoiceChangeKind.PAYMENT:
        sign = -1 if happened.change.kind is InvoiceChangeKind.VOIDED else 1
        for ordinal, line in enumerate(invoice.lines):
            quantity = line.quantity if sign > 0 else line.quantity.copy_negate()
            yield (*happened.names(), ordinal, *_described(line), quantity, *_amounts(line, sign))


def _described(line: InvoiceLine) -> TableRow:
    return (
        line.price,
        line.meter,
        line.meter_version,
        msgspec.json.encode(dict(line.dimensions)).decode(),
        line.description,
        line.period.start,
        line.period.end,
    )


def _amounts(line: InvoiceLine | CreditNoteLine, sign: int) -> Iterator[Cell]:
    for amount in (line.amount, line.discount, line.net, line.tax, line.gross):
        yield Money(sign * amount.amount_minor, amount.currency).amount


INVOICES = Dataset(INVOICE_SCHEMA, _opened_by(_invoice_rows), _changes_per_file)
INVOICE_LINES = Dataset(LINE_SCHEMA, _opened_by(_line_rows), _changes_per_file)
