"""Sums over the ledger, as `Reports` asks for them."""

from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    Text,
    and_,
    cast,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from gateway.core.reports.ageing import EarnedItem, OwedItem
from gateway.core.reports.flows import BookedFlow
from gateway.core.reports.open_items import OpenItem
from gateway.core.reports.split import EarnedPart
from gateway.core.revenue.accounts import Account
from gateway.storage.earned_revenue import earned_parts
from gateway.storage.halves import sums_in_halves, whole
from gateway.storage.rows import CreditMovementRow, CreditNoteRow, InvoiceRow, JournalEntryRow, TransferRow, table_of

_ENTRIES = table_of(JournalEntryRow)
_TRANSFERS = table_of(TransferRow)
_INVOICES = table_of(InvoiceRow)
_NOTES = table_of(CreditNoteRow)
_MOVEMENTS = table_of(CreditMovementRow)
_SOURCE = _MOVEMENTS.c.wallet_id.op("||")(literal_column("'/'")).op("||")(cast(_MOVEMENTS.c.ordinal, Text))
_USES = select(_SOURCE.label("source"), _MOVEMENTS.c.cause).where(_MOVEMENTS.c.cause.is_not(None)).subquery()
"""What movements of credit paid for, by the source of their transfers."""
_BOOKED = _ENTRIES.join(_TRANSFERS, _ENTRIES.c.key == _TRANSFERS.c.entry_key)


class SqlReports:
    """See `Reports`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def flows(self, legal_entity: str, first_month: str, last_month: str) -> list[BookedFlow]:
        """See `Reports.flows`."""
        day = _ENTRIES.c.accounting_day
        place = (
            func.substr(day, literal_column("1"), literal_column("7")),
            self._before(_ENTRIES.c.key, ":"),
            self._before(_TRANSFERS.c.debit_account, ":"),
            self._before(_TRANSFERS.c.credit_account, ":"),
            _TRANSFERS.c.currency,
        )
        of_span = (_ENTRIES.c.legal_entity == legal_entity, day > f"{first_month}-", day < f"{last_month}.")
        query = select(*place, *sums_in_halves(_TRANSFERS.c.amount_minor)).select_from(_BOOKED).where(*of_span)
        rows = self._connection.execute(query.group_by(*place).order_by(*place))
        return [
            BookedFlow(month, reason, debit, credit, currency, whole(int(high), int(low)))
            for month, reason, debit, credit, currency, high, low in rows
        ]

    def open_items(self, legal_entity: str, kind: str, through: date) -> list[OpenItem]:
        """See `Reports.open_items`."""
        found = self._open(legal_entity, kind, through, self._before(_TRANSFERS.c.source, "/"))
        rows = self._connection.execute(select(found).order_by(*found.c))
        items = [OpenItem(account, of, code, whole(int(high), int(low))) for account, of, code, high, low in rows]
        return [item for item in items if item.amount_minor]

    def owed_items(self, legal_entity: str, through: date) -> list[OwedItem]:
        """See `Reports.owed_items`."""
        document = func.coalesce(_USES.c.cause, _NOTES.c.invoice_id, self._before(_TRANSFERS.c.source, "/"))
        found = self._open(legal_entity, Account.RECEIVABLES, through, document)
        due_on = func.coalesce(_INVOICES.c.due_on, _INVOICES.c.issued_on)
        query = select(found.c.account, found.c.currency, due_on, found.c.high, found.c.low)
        joined = query.select_from(found.outerjoin(_INVOICES, _INVOICES.c.id == found.c.place))
        rows = self._connection.execute(joined.order_by(found.c.account, found.c.currency, found.c.place))
        items = [
            OwedItem(account, code, date.fromisoformat(due) if due else None, whole(int(high), int(low)))
            for account, code, due, high, low in rows
        ]
        return [item for item in items if item.amount_minor]

    def earned_items(self, legal_entity: str, through: date) -> list[EarnedItem]:
        """See `Reports.earned_items`."""
        day = func.substr(_ENTRIES.c.effective_day, literal_column("1"), literal_column("10"))
        document = day.op("||")(self._before(_TRANSFERS.c.source, "/"))
        found = self._open(legal_entity, Account.UNBILLED_RECEIVABLES, through, document)
        rows = self._connection.execute(select(found).order_by(*found.c))
        items = [
            EarnedItem(account, of[10:], code, date.fromisoformat(of[:10]), whole(int(high), int(low)))
            for account, of, code, high, low in rows
        ]
        return [item for item in items if item.amount_minor]

    def earned(self, legal_entity: str, first_month: str, last_month: str) -> list[EarnedPart]:
        """See `Reports.earned`."""
        return earned_parts(self._connection, self._before, legal_entity, first_month, last_month)

    def _open(self, legal_entity: str, kind: str, through: date, place: ColumnElement[str]) -> Subquery:
        """What accounts of a kind hold by account, `place` and currency, in halves; without what is nothing."""
        sides = (_TRANSFERS.c.debit_account, 1), (_TRANSFERS.c.credit_account, -1)
        both = union_all(*(self._side(legal_entity, kind, through, place, *side) for side in sides)).subquery()
        keys = (both.c.account, both.c.place, both.c.currency)
        halves = (func.sum(both.c.high), func.sum(both.c.low))
        query = select(*keys, halves[0].label("high"), halves[1].label("low")).group_by(*keys)
        return query.having(or_(*(half != 0 for half in halves))).subquery()

    def _side(
        self,
        legal_entity: str,
        kind: str,
        through: date,
        place: ColumnElement[str],
        account: ColumnElement[str],
        sign: int,
    ) -> Select[Any]:
        """What one side of the transfers says of each account and place."""
        high, low = (half * literal_column(str(sign)) for half in sums_in_halves(_TRANSFERS.c.amount_minor))
        of_kind = or_(account == kind, and_(account > f"{kind}:", account < f"{kind};"))
        is_asked = (_ENTRIES.c.legal_entity == legal_entity, _ENTRIES.c.accounting_day <= through.isoformat(), of_kind)
        source = _TRANSFERS.c.source
        tables = _BOOKED.outerjoin(_USES, _USES.c.source == source)
        tables = tables.outerjoin(_NOTES, _NOTES.c.id == self._before(source, "/"))
        keys = (account.label("account"), place.label("place"), _TRANSFERS.c.currency)
        query = select(*keys, high.label("high"), low.label("low")).select_from(tables).where(*is_asked)
        return query.group_by(account, place, _TRANSFERS.c.currency)

    def _before(self, text: ColumnElement[str], mark: str) -> ColumnElement[str]:
        """What stands in a text before the first `mark`; all of it where there is none."""
        # Literals and not bound values: what a statement groups by has to be the same as what it selects.
        quoted: ColumnElement[str] = literal_column(f"'{mark}'")
        if self._connection.dialect.name == "postgresql":
            return func.split_part(text, quoted, literal_column("1"))
        length = func.instr(text.op("||")(quoted), quoted) - literal_column("1")
        return func.substr(text, literal_column("1"), length)
