"""Accounting periods, as `AccountingPeriods` asks for them."""

import json
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from gateway.core.books.accounting_periods import AccountingPeriod, ClosedBooks, PeriodChange, PeriodStatus
from gateway.core.books.months import month_after
from gateway.core.errors import NotFound
from gateway.storage.rows import AccountBalanceRow, AccountingPeriodChangeRow, ClosedBooksRow, table_of

_CLOSED = table_of(ClosedBooksRow)
_CHANGES = table_of(AccountingPeriodChangeRow)
_BALANCES = table_of(AccountBalanceRow)


class SqlAccountingPeriods:
    """See `AccountingPeriods`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._locked: dict[str, ClosedBooks] = {}

    def closed_books(self, legal_entity: str) -> ClosedBooks:
        """See `AccountingPeriods.closed_books`."""
        return self._find(_row_of(legal_entity), legal_entity)

    def closed_months(self, legal_entity: str) -> set[str]:
        """See `AccountingPeriods.closed_months`."""
        closed_through = self.closed_books(legal_entity).closed_through or ""
        month = min(self._months(legal_entity), default=None)
        closed: set[str] = set()
        while month is not None and month <= closed_through:
            closed.add(month)
            month = month_after(month)
        return closed

    def periods(self, legal_entity: str) -> list[AccountingPeriod]:
        """See `AccountingPeriods.periods`."""
        books = self.closed_books(legal_entity)
        months = sorted(self._months(legal_entity))
        return [AccountingPeriod(legal_entity, month, books.status(month)) for month in months]

    def lock_to_post(self, legal_entity: str) -> ClosedBooks:
        """See `AccountingPeriods.lock_to_post`."""
        if legal_entity not in self._locked:
            self._locked[legal_entity] = self._find(_row_of(legal_entity).with_for_update(read=True), legal_entity)
        return self._locked[legal_entity]

    def lock_to_change(self, legal_entity: str) -> ClosedBooks:
        """See `AccountingPeriods.lock_to_change`."""
        self._locked[legal_entity] = self._find(_row_of(legal_entity).with_for_update(), legal_entity)
        return self._locked[legal_entity]

    def change(self, books: ClosedBooks, change: PeriodChange) -> None:
        """See `AccountingPeriods.change`."""
        of_entity = update(_CLOSED).where(_CLOSED.c.legal_entity == change.legal_entity)
        through = {"closed_through": books.closed_through, "locked_through": books.locked_through}
        self._connection.execute(of_entity.values(through))
        self._connection.execute(insert(_CHANGES), _values(change))
        self._locked[change.legal_entity] = books

    def changes(self, legal_entity: str) -> list[PeriodChange]:
        """See `AccountingPeriods.changes`."""
        query = select(_CHANGES).where(_CHANGES.c.legal_entity == legal_entity).order_by(_CHANGES.c.ordinal)
        return [_change(row) for row in self._connection.execute(query)]

    def _find(self, query: Select[Any], legal_entity: str) -> ClosedBooks:
        row = self._connection.execute(query).first()
        if row is None:
            raise NotFound(f"Legal entity {legal_entity!r} has no books; define it first")
        return ClosedBooks(row.closed_through, row.locked_through)

    def _months(self, legal_entity: str) -> set[str]:
        of_balances = select(_BALANCES.c.month).where(_BALANCES.c.legal_entity == legal_entity).distinct()
        of_changes = select(_CHANGES.c.month).where(_CHANGES.c.legal_entity == legal_entity)
        return set(self._connection.execute(of_balances.union(of_changes)).scalars())


def _row_of(legal_entity: str) -> Select[Any]:
    return select(_CLOSED).where(_CLOSED.c.legal_entity == legal_entity)


def _values(change: PeriodChange) -> dict[str, object]:
    return {
        "legal_entity": change.legal_entity,
        "ordinal": change.ordinal,
        "month": change.month,
        "before": change.before.value,
        "after": change.after.value,
        "actor": change.actor,
        "reason": change.reason,
        "at": change.at,
        "passed_over": json.dumps(change.passed_over),
    }


def _change(row: Row[Any]) -> PeriodChange:
    return PeriodChange(
        row.legal_entity,
        row.ordinal,
        row.month,
        PeriodStatus(row.before),
        PeriodStatus(row.after),
        row.actor,
        row.reason,
        row.at,
        tuple(json.loads(row.passed_over)),
    )
