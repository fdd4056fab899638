"""Journals that accounting systems are sent, as `Journals` asks for them."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    tuple_,
    update,
)

from gateway.core.books.account_mapping import AccountThere
from gateway.core.books.journal_comparison import JournalComparison, JournalDifference, JournalDifferenceKind
from gateway.core.books.journals import Journal, SummaryLine
from gateway.core.books.months import first_day, month_after
from gateway.core.delivery import DeliveryStatus
from gateway.core.ledger import Transfer
from gateway.core.money import Money
from gateway.core.ports.journals import BookedTransfer, JournalFilter, SummedTransfer
from gateway.storage.rows import (
    DeliveryRow,
    JournalComparisonRow,
    JournalEntryRow,
    JournalLineRow,
    JournalPartRow,
    JournalRow,
    JournalSourceRow,
    TransferRow,
    table_of,
)
from gateway.storage.statements import insert_rows, one_of, upsert

_JOURNALS = table_of(JournalRow)
_LINES = table_of(JournalLineRow)
_PARTS = table_of(JournalPartRow)
_SOURCES = table_of(JournalSourceRow)
_COMPARISONS = table_of(JournalComparisonRow)
_DELIVERIES = table_of(DeliveryRow)
_ENTRIES = table_of(JournalEntryRow)
_TRANSFERS = table_of(TransferRow)
_IS_COMPARED = and_(
    _COMPARISONS.c.connection == _JOURNALS.c.connection,
    _COMPARISONS.c.legal_entity == _JOURNALS.c.legal_entity,
    _COMPARISONS.c.month == _JOURNALS.c.month,
)
_SCALARS = ("id", "connection", "legal_entity", "month", "currency", "revision", "reverses", "reversed_by", "made_at")


class SqlJournals:
    """See `Journals`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def unsummed_currencies(self, connection: str, legal_entity: str, month: str) -> list[str]:
        """See `Journals.unsummed_currencies`."""
        of_month = _transfers_of(legal_entity, month).where(~_is_summed(connection, _TRANSFERS.c.currency))
        currencies = of_month.with_only_columns(_TRANSFERS.c.currency).distinct().order_by(_TRANSFERS.c.currency)
        return list(self._connection.execute(currencies).scalars())

    def next_revision(self, connection: str, legal_entity: str, month: str, currency: str) -> int:
        """See `Journals.next_revision`."""
        series = and_(
            _JOURNALS.c.connection == connection,
            _JOURNALS.c.legal_entity == legal_entity,
            _JOURNALS.c.month == month,
            _JOURNALS.c.currency == currency,
        )
        last = self._connection.execute(select(func.max(_JOURNALS.c.revision)).where(series)).scalar()
        return (last or 0) + 1

    def add(self, journal: Journal) -> None:
        """See `Journals.add`."""
        values = {name: getattr(journal, name) for name in _SCALARS}
        day = journal.accounting_day.isoformat()
        self._connection.execute(insert(_JOURNALS), {**values, "number": journal.number, "accounting_day": day})
        self.put_lines(journal.id, journal.lines)
        if journal.reverses is not None:
            undone = update(_JOURNALS).where(_JOURNALS.c.id == journal.reverses)
            self._connection.execute(undone.values(reversed_by=journal.id))

    def gather(self, journal: Journal) -> Mapping[str, int]:
        """See `Journals.gather`."""
        of_month = _transfers_of(journal.legal_entity, journal.month).where(_TRANSFERS.c.currency == journal.currency)
        new = of_month.where(~_is_summed(journal.connection, text(":currency").bindparams(currency=journal.currency)))
        rows = new.with_only_columns(text(":journal").bindparams(journal=journal.id), _ENTRIES.c.key).distinct()
        self._connection.execute(insert(_SOURCES).from_select(["journal_id", "entry_key"], rows))
        movements = self._movements_of_transfers(journal)
        parts = [(journal.id, account, amount) for account, amount in sorted(movements.items())]
        insert_rows(self._connection, "journal_part", ("journal_id", "account", "amount_minor"), parts)
        return movements

    def put_lines(self, journal_id: str, lines: Sequence[SummaryLine]) -> None:
        """See `Journals.put_lines`."""
        self._connection.execute(delete(_LINES).where(_LINES.c.journal_id == journal_id))
        columns = ("journal_id", "ordinal", "account", "customer", "classification", "amount_minor")
        rows = [
            (journal_id, ordinal, line.there.name, line.there.customer, line.there.classification, line.amount_minor)
            for ordinal, line in enumerate(lines)
        ]
        insert_rows(self._connection, "journal_line", columns, rows)
        self._connection.execute(update(_PARTS).where(_PARTS.c.journal_id == journal_id).values(line=None))
        for ordinal, line in enumerate(lines):
            mine = one_of(self._connection, _PARTS.c.account, [account for account, _ in line.parts])
            self._connection.execute(update(_PARTS).where(_PARTS.c.journal_id == journal_id, mine).values(line=ordinal))

    def movements(self, journal_id: str) -> dict[str, int]:
        """See `Journals.movements`."""
        query = select(_PARTS.c.account, _PARTS.c.amount_minor).where(_PARTS.c.journal_id == journal_id)
        return {row.account: row.amount_minor for row in self._connection.execute(query)}

    def by_ids(self, ids: Sequence[str]) -> dict[str, Journal]:
        """See `Journals.by_ids`."""
        query = select(_JOURNALS).where(one_of(self._connection, _JOURNALS.c.id, ids))
        return {journal.id: journal for journal in self._read(query)}

    def page(self, matching: JournalFilter, after: str | None, limit: int) -> list[Journal]:
        """See `Journals.page`."""
        query = select(_JOURNALS).where(_JOURNALS.c.id > (after or "")).order_by(_JOURNALS.c.id).limit(limit)
        for name, wanted in asdict(matching).items():
            if wanted is not None:
                query = query.where(_JOURNALS.c[name] == wanted)
        return self._read(query)

    def transfers(
        self, journal_id: str, account: str | None, after: tuple[str, int] | None, limit: int
    ) -> list[SummedTransfer]:
        """See `Journals.transfers`."""
        place = (_TRANSFERS.c.entry_key, _TRANSFERS.c.ordinal)
        query = _summed_by(journal_id).with_only_columns(_TRANSFERS).order_by(*place).limit(limit)
        if account is not None:
            query = query.where(or_(_TRANSFERS.c.debit_account == account, _TRANSFERS.c.credit_account == account))
        if after is not None:
            query = query.where(tuple_(*place) > tuple_(*after))
        return [_summed(row) for row in self._connection.execute(query)]

    def count_parked(self, legal_entity: str, through_month: str) -> int:
        """See `Journals.count_parked`."""
        on_its_way = _JOURNALS.c.id == _DELIVERIES.c.document_id
        parked = (
            select(func.count())
            .select_from(_JOURNALS.join(_DELIVERIES, on_its_way))
            .where(
                _JOURNALS.c.legal_entity == legal_entity,
                _JOURNALS.c.month <= through_month,
                _DELIVERIES.c.status == DeliveryStatus.PARKED,
            )
        )
        return int(self._connection.execute(parked).scalar_one())

    def booked(self, legal_entity: str, month: str) -> list[BookedTransfer]:
        """See `Journals.booked`."""
        of_month = _transfers_of(legal_entity, month).with_only_columns(_ENTRIES.c.accounting_day, _TRANSFERS)
        ordered = of_month.order_by(
            _ENTRIES.c.accounting_day, _TRANSFERS.c.currency, _TRANSFERS.c.entry_key, _TRANSFERS.c.ordinal
        )
        return [
            BookedTransfer(date.fromisoformat(row.accounting_day), row.entry_key, _transfer(row))
            for row in self._connection.execute(ordered)
        ]

    def request_comparison(self, connection: str, legal_entity: str, month: str, at: datetime) -> None:
        """See `Journals.request_comparison`."""
        place = {"connection": connection, "legal_entity": legal_entity, "month": month}
        first = upsert(self._connection, _COMPARISONS).values(**place, requested_at=at, compared=0, differences="[]")
        again = first.on_conflict_do_update(index_elements=list(place), set_={"requested_at": at})
        self._connection.execute(again)

    def next_comparison(self, connection: str) -> tuple[str, str, datetime] | None:
        """See `Journals.next_comparison`."""
        done = _COMPARISONS.c.compared_at
        is_asked = or_(done.is_(None), done < _COMPARISONS.c.requested_at)
        query = select(_COMPARISONS).where(_COMPARISONS.c.connection == connection, is_asked)
        row = self._connection.execute(query.order_by(_COMPARISONS.c.requested_at).limit(1)).first()
        return None if row is None else (row.legal_entity, row.month, row.requested_at)

    def put_comparison(self, comparison: JournalComparison) -> None:
        """See `Journals.put_comparison`."""
        place = {name: getattr(comparison, name) for name in ("connection", "legal_entity", "month")}
        found = {
            "compared_at": comparison.compared_at,
            "compared": comparison.compared,
            "differences": json.dumps([asdict(each) for each in comparison.differences]),
            "fault": comparison.fault,
        }
        first = upsert(self._connection, _COMPARISONS).values(**place, requested_at=comparison.requested_at, **found)
        self._connection.execute(first.on_conflict_do_update(index_elements=list(place), set_=found))

    def known_numbers(self, connection: str, numbers: Sequence[str]) -> set[str]:
        """See `Journals.known_numbers`."""
        mine = and_(_JOURNALS.c.connection == connection, one_of(self._connection, _JOURNALS.c.number, numbers))
        return set(self._connection.execute(select(_JOURNALS.c.number).where(mine)).scalars())

    def months_to_compare(
        self, connection: str, since_month: str, asked_before: datetime, failed_before: datetime
    ) -> list[tuple[str, str]]:
        """See `Journals.months_to_compare`."""
        asked_at, done_at = _COMPARISONS.c.requested_at, _COMPARISONS.c.compared_at
        has_failed = and_(_COMPARISONS.c.fault.is_not(None), done_at >= asked_at, done_at <= failed_before)
        months = (
            select(_JOURNALS.c.legal_entity, _JOURNALS.c.month)
            .join_from(_JOURNALS, _COMPARISONS, _IS_COMPARED, isouter=True)
            .where(_JOURNALS.c.connection == connection, _JOURNALS.c.month >= since_month)
            .where(or_(asked_at.is_(None), asked_at <= asked_before, has_failed))
        )
        ordered = months.distinct().order_by(_JOURNALS.c.legal_entity, _JOURNALS.c.month)
        return [(row.legal_entity, row.month) for row in self._connection.execute(ordered)]

    def comparisons(self, legal_entity: str, month: str | None) -> list[JournalComparison]:
        """See `Journals.comparisons`."""
        query = select(_COMPARISONS).where(_COMPARISONS.c.legal_entity == legal_entity)
        if month is not None:
            query = query.where(_COMPARISONS.c.month == month)
        ordered = query.order_by(_COMPARISONS.c.month, _COMPARISONS.c.connection)
        return [_comparison(row) for row in self._connection.execute(ordered)]

    def _movements_of_transfers(self, journal: Journal) -> dict[str, int]:
        """Debits less credits by account, summed in two halves, because SQLite's sum() of integers overflows."""
        amount = _TRANSFERS.c.amount_minor
        halves = (func.sum(amount.op(">>")(text("32"))), func.sum(amount.op("&")(text("4294967295"))))
        of_journal = _summed_by(journal.id).where(_TRANSFERS.c.currency == journal.currency)
        movements: defaultdict[str, int] = defaultdict(int)
        for side, sign in ((_TRANSFERS.c.debit_account, 1), (_TRANSFERS.c.credit_account, -1)):
            for account, high, low in self._connection.execute(
                of_journal.with_only_columns(side, *halves).group_by(side)
            ):
                movements[account] += sign * ((int(high) << 32) + int(low))
        return dict(movements)

    def _read(self, query: Select[Any]) -> list[Journal]:
        rows = self._connection.execute(query).all()
        lines = self._lines([row.id for row in rows])
        return [_journal(row, lines.get(row.id, ())) for row in rows]

    def _lines(self, ids: Iterable[str]) -> dict[str, tuple[SummaryLine, ...]]:
        parts: defaultdict[tuple[str, int], list[tuple[str, int]]] = defaultdict(list)
        ids = list(ids)
        of_parts = select(_PARTS).where(one_of(self._connection, _PARTS.c.journal_id, ids), _PARTS.c.line.is_not(None))
        for row in self._connection.execute(of_parts.order_by(_PARTS.c.journal_id, _PARTS.c.account)):
            parts[row.journal_id, row.line].append((row.account, row.amount_minor))
        query = select(_LINES).where(one_of(self._connection, _LINES.c.journal_id, ids))
        found: defaultdict[str, list[SummaryLine]] = defaultdict(list)
        for row in self._connection.execute(query.order_by(_LINES.c.journal_id, _LINES.c.ordinal)):
            there = AccountThere(row.account, row.customer, row.classification)
            found[row.journal_id].append(
                SummaryLine(there, row.amount_minor, tuple(parts.get((row.journal_id, row.ordinal), ())))
            )
        return {journal_id: tuple(lines) for journal_id, lines in found.items()}


def _transfers_of(legal_entity: str, month: str) -> Select[Any]:
    """The transfers of a month of a legal entity's books."""
    start, end = first_day(month).isoformat(), first_day(month_after(month)).isoformat()
    of_month = select(_TRANSFERS).join_from(_ENTRIES, _TRANSFERS, _TRANSFERS.c.entry_key == _ENTRIES.c.key)
    day = _ENTRIES.c.accounting_day
    return of_month.where(_ENTRIES.c.legal_entity == legal_entity, day >= start, day < end)


def _is_summed(connection: str, currency: ColumnElement[Any] | Any) -> ColumnElement[bool]:
    """Whether an entry is in a journal in force of a connection and currency."""
    of_journal = exists().where(_SOURCES.c.entry_key == _ENTRIES.c.key, _SOURCES.c.journal_id == _JOURNALS.c.id)
    return of_journal.where(
        _JOURNALS.c.connection == connection, _JOURNALS.c.currency == currency, _JOURNALS.c.reversed_by.is_(None)
    )


def _summed_by(journal_id: str) -> Select[Any]:
    """The transfers of a journal's entries, in its currency."""
    of_journal = (
        select(_TRANSFERS)
        .join_from(_SOURCES, _TRANSFERS, _TRANSFERS.c.entry_key == _SOURCES.c.entry_key)
        .join(_JOURNALS, _JOURNALS.c.id == _SOURCES.c.journal_id)
    )
    return of_journal.where(_SOURCES.c.journal_id == journal_id, _TRANSFERS.c.currency == _JOURNALS.c.currency)


def _journal(row: Row[Any], lines: tuple[SummaryLine, ...]) -> Journal:
    values = {name: getattr(row, name) for name in _SCALARS}
    return Journal(**values, accounting_day=date.fromisoformat(row.accounting_day), lines=lines)


def _summed(row: Row[Any]) -> SummedTransfer:
    return SummedTransfer(row.entry_key, row.ordinal, _transfer(row))


def _transfer(row: Row[Any]) -> Transfer:
    amount = Money(row.amount_minor, row.currency)
    return Transfer(row.debit_account, row.credit_account, amount, row.source)


def _comparison(row: Row[Any]) -> JournalComparison:
    differences = tuple(
        JournalDifference(JournalDifferenceKind(each.pop("kind")), **each) for each in json.loads(row.differences)
    )
    return JournalComparison(
        row.connection,
        row.legal_entity,
        row.month,
        row.requested_at,
        row.compared_at,
        row.compared,
        differences,
        row.fault,
    )
