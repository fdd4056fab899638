"""The ledger, as `Books` asks for it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, insert, or_, select, tuple_

from gateway.core.books.accounting_periods import MonthBalance
from gateway.core.books.months import month_of
from gateway.core.books.trial_balance import Balance
from gateway.core.ledger import JournalEntry, Transfer
from gateway.core.money import Money
from gateway.core.ports.books import AddedUp, BookedTransfer, Place
from gateway.core.revenue.postings import Posted
from gateway.storage.accounting_periods import SqlAccountingPeriods
from gateway.storage.feeds import SqlFeeds
from gateway.storage.halves import sums_in_halves, whole
from gateway.storage.rows import JournalEntryRow, TransferRow, table_of
from gateway.storage.running_balances import RunningBalances
from gateway.storage.statements import insert_unless_taken, one_of

_ENTRIES = table_of(JournalEntryRow)
_TRANSFERS = table_of(TransferRow)
_AMOUNT = _TRANSFERS.c.amount_minor
_PLACE = (_ENTRIES.c.accounting_day, _TRANSFERS.c.entry_key, _TRANSFERS.c.ordinal)
_AFTER_ANY_TEXT = "\U0010ffff"


class SqlBooks:
    """See `Books`."""

    def __init__(self, connection: Connection, periods: SqlAccountingPeriods, feeds: SqlFeeds) -> None:
        self._connection = connection
        self._periods = periods
        self._feeds = feeds
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
        self._feeds.add_entry(entry.key)
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
        return self._running.by_month(legal_entity, "", through_month)

    def months(self, legal_entity: str) -> set[str]:
        """See `Books.months`."""
        month = func.substr(_ENTRIES.c.accounting_day, 1, 7)
        query = select(month).where(_ENTRIES.c.legal_entity == legal_entity).distinct()
        return self._running.months(legal_entity) | set(self._connection.execute(query).scalars())

    def month_balances(self, legal_entity: str, month: str) -> list[MonthBalance]:
        """See `Books.month_balances`."""
        return self._running.by_month(legal_entity, month, month)

    def month_kinds(self, legal_entity: str, month: str) -> list[MonthBalance]:
        """See `Books.month_kinds`."""
        return self._running.kinds_of_month(legal_entity, month)

    def added_up(self, legal_entity: str, month: str) -> AddedUp:
        """See `Books.added_up`."""
        between = (_TRANSFERS.c.debit_account, _TRANSFERS.c.credit_account, _TRANSFERS.c.currency)
        # Summed by the database between each two accounts, which are few beside the transfers.
        query = _of_month(legal_entity, month, *between, func.count(), *sums_in_halves(_AMOUNT)).group_by(*between)
        debits: defaultdict[tuple[str, str], int] = defaultdict(int)
        credits_: defaultdict[tuple[str, str], int] = defaultdict(int)
        count = 0
        for debit, credit, currency, transfers, *halves in self._connection.execute(query):
            amount = whole(*map(int, halves))
            debits[debit, currency] += amount
            credits_[credit, currency] += amount
            count += transfers
        places = sorted(debits.keys() | credits_.keys())
        return AddedUp(
            count, [MonthBalance(month, *place, debits.get(place, 0), credits_.get(place, 0)) for place in places]
        )

    def kind_balances(self, legal_entity: str, month: str) -> list[Balance]:
        """See `Books.kind_balances`."""
        return self._running.by_kind(legal_entity, month)

    def account_balances(
        self, legal_entity: str, month: str, kind: str, after: tuple[str, str] | None, limit: int
    ) -> list[Balance]:
        """See `Books.account_balances`."""
        return self._running.by_account(legal_entity, month, kind, after, limit)

    def booked(
        self, legal_entity: str, month: str, account: str, after: Place | None, limit: int
    ) -> list[BookedTransfer]:
        """See `Books.booked`."""
        is_touched = or_(_TRANSFERS.c.debit_account == account, _TRANSFERS.c.credit_account == account)
        columns = (_ENTRIES.c.accounting_day, _ENTRIES.c.effective_day, _ENTRIES.c.posted_at, _TRANSFERS)
        query = _of_month(legal_entity, month, *columns).where(is_touched).order_by(*_PLACE).limit(limit)
        if after is not None:
            query = query.where(tuple_(*_PLACE) > tuple_(*after, types=[each.type for each in _PLACE]))
        return [_booked(row) for row in self._connection.execute(query)]

    def flush(self) -> None:
        """Write the running balances; what was posted before is in them."""
        self._running.flush()

    def _posted(self, condition: ColumnElement[bool]) -> list[Posted]:
        query = (
            select(_TRANSFERS, _ENTRIES.c.accounting_day)
            .join_from(_TRANSFERS, _ENTRIES, _ENTRIES.c.key == _TRANSFERS.c.entry_key)
            .where(condition)
            .order_by(_ENTRIES.c.accounting_day, _TRANSFERS.c.entry_key, _TRANSFERS.c.ordinal)
        )
        rows = self._connection.execute(query)
        return [Posted(date.fromisoformat(row.accounting_day), _transfer(row)) for row in rows]


def _of_month(legal_entity: str, month: str, *columns: Any) -> Select[Any]:
    """These columns of the transfers that are booked in a month."""
    day = _ENTRIES.c.accounting_day
    # Texts: every day of the month is behind `2013-06-`, and before `2013-06.`.
    of_month = (_ENTRIES.c.legal_entity == legal_entity, day > f"{month}-", day < f"{month}.")
    return select(*columns).join_from(_ENTRIES, _TRANSFERS, _ENTRIES.c.key == _TRANSFERS.c.entry_key).where(*of_month)


def _booked(row: Row[Any]) -> BookedTransfer:
    days = (date.fromisoformat(row.accounting_day), date.fromisoformat(row.effective_day))
    return BookedTransfer(row.entry_key, row.ordinal, *days, row.posted_at, _transfer(row))


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
