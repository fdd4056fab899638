"""Feeds, as `Feeds` asks for them.

What a transaction adds gets its numbers at the very end, under the lock of the feed's head, which is held until the
commit: whoever sees a number sees every lower one. Heads are locked after everything else and in one order.
"""

from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Table, insert, select, update

from gateway.core.feeds import Feed, InvoiceChange, InvoiceChangeKind, NumberedTransfer
from gateway.core.invoicing.invoice import PaidBy, PaymentStatus
from gateway.core.ledger import Transfer
from gateway.core.money import Money
from gateway.storage.rows import (
    FeedHeadRow,
    InvoiceChangeRow,
    JournalEntryRow,
    NumberedEntryRow,
    TransferRow,
    table_of,
)

_HEADS = table_of(FeedHeadRow)
_NUMBERED = table_of(NumberedEntryRow)
_CHANGES = table_of(InvoiceChangeRow)
_ENTRIES = table_of(JournalEntryRow)
_TRANSFERS = table_of(TransferRow)


class SqlFeeds:
    """See `Feeds`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._entries: list[str] = []
        self._changes: list[InvoiceChange] = []

    def add_entry(self, key: str) -> None:
        """Let a journal entry have its number when the transaction ends."""
        self._entries.append(key)

    def add_invoice_change(self, change: InvoiceChange) -> None:
        """Let a change of an invoice have its number when the transaction ends."""
        self._changes.append(change)

    def flush(self) -> None:
        """Number what was added."""
        entries, self._entries = self._entries, []
        changes, self._changes = self._changes, []
        self._store(Feed.ENTRIES, _NUMBERED, [{"entry_key": key} for key in entries])
        self._store(Feed.INVOICES, _CHANGES, [asdict(change) for change in changes])

    def head(self, feed: Feed) -> int:
        """See `Feeds.head`."""
        return int(self._connection.execute(select(_HEADS.c.position).where(_HEADS.c.feed == feed)).scalar_one())

    def transfers(self, after: int, through: int) -> list[NumberedTransfer]:
        """See `Feeds.transfers`."""
        query = (
            select(_NUMBERED.c.position, _ENTRIES, _TRANSFERS)
            .join_from(_NUMBERED, _ENTRIES, _ENTRIES.c.key == _NUMBERED.c.entry_key)
            .join(_TRANSFERS, _TRANSFERS.c.entry_key == _ENTRIES.c.key)
            .where(_NUMBERED.c.position > after, _NUMBERED.c.position <= through)
            .order_by(_NUMBERED.c.position, _TRANSFERS.c.ordinal)
        )
        return [_numbered(row) for row in self._connection.execute(query)]

    def invoice_changes(self, after: int, through: int) -> list[tuple[int, InvoiceChange]]:
        """See `Feeds.invoice_changes`."""
        query = (
            select(_CHANGES)
            .where(_CHANGES.c.position > after, _CHANGES.c.position <= through)
            .order_by(_CHANGES.c.position)
        )
        return [(row.position, _change(row)) for row in self._connection.execute(query)]

    def _store(self, feed: Feed, table: Table, values: list[dict[str, Any]]) -> None:
        if not values:
            return
        moved = update(_HEADS).where(_HEADS.c.feed == feed).values(position=_HEADS.c.position + len(values))
        last = int(self._connection.execute(moved.returning(_HEADS.c.position)).scalar_one())
        first = last - len(values) + 1
        self._connection.execute(
            insert(table), [{**each, "position": position} for position, each in enumerate(values, first)]
        )


def _numbered(row: Row[Any]) -> NumberedTransfer:
    return NumberedTransfer(
        position=row.position,
        entry=row.entry_key,
        ordinal=row.ordinal,
        legal_entity=row.legal_entity,
        accounting_day=date.fromisoformat(row.accounting_day),
        effective_day=date.fromisoformat(row.effective_day),
        posted_at=row.posted_at,
        transfer=Transfer(row.debit_account, row.credit_account, Money(row.amount_minor, row.currency), row.source),
    )


def _change(row: Row[Any]) -> InvoiceChange:
    return InvoiceChange(
        row.invoice_id,
        InvoiceChangeKind(row.kind),
        row.changed_at,
        None if row.payment_status is None else PaymentStatus(row.payment_status),
        None if row.paid_by is None else PaidBy(row.paid_by),
        row.credit_note_id,
    )
