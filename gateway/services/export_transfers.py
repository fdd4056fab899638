"""Transfers as a table: the journal, entry by entry in the order in which they were committed."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from gateway.core.feeds import Feed, NumberedTransfer
from gateway.core.ports.storage import UnitOfWork
from gateway.services.datasets import Dataset, Source, numbered_source
from gateway.services.installation import Installation
from gateway.tables.schema import Column, ColumnType, TableRow, TableSchema

amount_places = 4
"""As many as the minor unit of any currency has."""
_entries_per_chunk = 2_000

SCHEMA = TableSchema(
    "transfers",
    1,
    (
        Column("position", ColumnType.INTEGER, "Place of the entry in the journal, from 1 without gaps."),
        Column("entry", ColumnType.TEXT, "The entry's key."),
        Column("ordinal", ColumnType.INTEGER, "Place of the transfer in its entry, from 0."),
        Column("legal_entity", ColumnType.TEXT, "Whose books it is in."),
        Column("accounting_day", ColumnType.DATE, "The day on which it is booked."),
        Column("effective_day", ColumnType.DATE, "The day that it belongs to; earlier if that day's month was closed."),
        Column("posted_at", ColumnType.TIME, "When it was posted."),
        Column("debit_account", ColumnType.TEXT, "The account that is debited, as `kind:detail`."),
        Column("credit_account", ColumnType.TEXT, "The account that is credited."),
        Column("amount", ColumnType.DECIMAL, "How much, always above zero.", amount_places),
        Column("currency", ColumnType.TEXT, "The ISO 4217 code."),
        Column("source", ColumnType.TEXT, "What it stems from: a line of a document, or what happened to it."),
    ),
)


def _opened(installation: Installation) -> AbstractContextManager[Source]:
    return numbered_source(installation, lambda unit: unit.feeds.head(Feed.ENTRIES), _rows, _entries_per_chunk)


TRANSFERS = Dataset(SCHEMA, _opened, positions_per_file=100_000)


def _rows(unit: UnitOfWork, after: int, through: int) -> Sequence[TableRow]:
    return [_row(each) for each in unit.feeds.transfers(after, through)]


def _row(numbered: NumberedTransfer) -> TableRow:
    transfer = numbered.transfer
    return (
        numbered.position,
        numbered.entry,
        numbered.ordinal,
        numbered.legal_entity,
        numbered.accounting_day,
        numbered.effective_day,
        numbered.posted_at,
        transfer.debit_account,
        transfer.credit_account,
        transfer.amount.amount,
        transfer.amount.currency,
        transfer.source,
    )
