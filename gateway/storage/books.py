"""The ledger, as `Books` asks for it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, select

from gateway.core.books.accounting_periods import MonthBalance
from gateway.core.books.months import month_of
from gateway.core.ledger import JournalEntry, Transfer
from gateway.core.money import Money
from gateway.core.revenue.postings import Posted
from gateway.storage.accounting_periods import SqlAccountingPeriods
from gateway.storage.rows import JournalEntryRow, TransferRow, table_of
from gateway.storage.running_balances import RunningBalances
from gateway.storage.statements import insert_unless_taken, one_of

_ENTRIES = table_of(JournalEntryRow)
_TRANSFERS = table_of(TransferRow)
_AFTER_ANY_TEXT = "\U0010ffff"


class SqlBooks:
    """See `Books`."""

    def __init__(self, connection: Connection, periods: SqlAccountingPeriods) -> None:
        self._connection = connection
        self._periods = periods
        self._running = RunningBalances(connection)

    def post(self, entry: JournalEntry) -> bool:
        """See `Books.post`."""
        booked_on = self._periods.lock_to_post(entry.legal_entity).booked_on(entry.accounting_day)
        values = {
            "key": entry.key,
            "accounting_day": booked_on.isoformat(),
            "effective_day": entry.accounting_day.isoformat(),
            "posted_at": entry.posted_at,
            "legal_entity": entry.legal_entity,
        }
        if not insert_unless_taken(self._connection, _ENTRIES, values):
            return False
        transfers = [_transfer_values(entry.key, ordinal, item) for ordinal, item in enumerate(entry.transfers)]
        self._connection.execute(insert(_TRANSFERS), transfers)
        self._running.add(entry.legal_entity, month_of(booked_on), entry.transfers)
        return True

    def transfers(self, source_prefix: str) -> list[Transfer]:
        """See `Books.transfers`."""
        query = (
            select(_TRANSFERS)
            .join_from(_TRANSFERS, _ENTRIES, _ENTRIES.c.key == _TRANSFERS.c.entry_key)
            .where(_begins_with(source_prefix))
            .order_by(_ENTRIES.c.posted_at, _TRANSFERS.c.entry_key, _TRANSFERS.c.ordinal)
        )
        return [_transfer(row) for row in self._connection.execute(query)]

    def posted(self, sources: Sequence[str]) -> list[Posted]:
        """See `Books.posted`."""
        return self._posted(one_of(self._connection, _TRANSFERS.c.source, sources))

    def posted_under(self, source_prefix: str) -> list[Posted]:
        """See `Books.posted_under`."""
        return self._posted(_begins_with(source_prefix))

    def balances(self, legal_entity: str | None = None) -> dict[tuple[str, str], int]:
        """See `Books.balances`."""
        return {(account, currency): left for account, currency, left in sorted(self._running.totals(legal_entity))}

    def balances_by_month(self, legal_entity: str, through_month: str) -> list[MonthBalance]:
        """See `Books.balances_by_month`."""
        return self._running.by_month(legal_entity, through_month)

    def _posted(self, condition: ColumnElement[bool]) -> list[Posted]:
        query = (
            select(_TRANSFERS, _ENTRIES.c.accounting_day)
            .join_from(_TRANSFERS, _ENTRIES, _ENTRIES.c.key == _TRANSFERS.c.entry_key)
            .where(condition)
            .order_by(_ENTRIES.c.accounting_day, _TRANSFERS.c.entry_key, _TRANSFERS.c.ordinal)
        )
        rows = self._connection.execute(query)
        return [Posted(date.fromisoformat(row.accounting_day), _transfer(row)) for row in rows]

    def flush(self) -> None:
        """Write the running balances; what was posted before is in them."""
        self._running.flush()


def _begins_with(prefix: str) -> ColumnElement[bool]:
    # A span and not LIKE, which on SQLite takes no notice of upper and lower case.
    return and_(_TRANSFERS.c.source >= prefix, _TRANSFERS.c.source < prefix + _AFTER_ANY_TEXT)


def _transfer_values(entry_key: str, ordinal: int, transfer: Transfer) -> dict[str, object]:
    return {
        "entry_key": entry_key,
        "ordinal": ordinal,
        "debit_account": transfer.debit_account,
        "credit_account": transfer.credit_account,
        "amount_minor": transfer.amount.amount_minor,
        "currency": transfer.amount.currency,
        "source": transfer.source,
    }


def _transfer(row: Row[Any]) -> Transfer:
    return Transfer(row.debit_account, row.credit_account, Money(row.amount_minor, row.currency), row.source)
