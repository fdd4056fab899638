"""Sums over the ledger, as `Reports` asks for them."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal_column, or_, select, union_all

from gateway.core.reports.flows import BookedFlow
from gateway.core.reports.open_items import OpenItem
from gateway.storage.halves import sums_in_halves, whole
from gateway.storage.rows import JournalEntryRow, TransferRow, table_of

_ENTRIES = table_of(JournalEntryRow)
_TRANSFERS = table_of(TransferRow)
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
        sides = (_TRANSFERS.c.debit_account, 1), (_TRANSFERS.c.credit_account, -1)
        both = union_all(*(self._side(legal_entity, kind, through, *side) for side in sides)).subquery()
        place = (both.c.account, both.c.document, both.c.currency)
        halves = (func.sum(both.c.high), func.sum(both.c.low))
        query = select(*place, *halves).group_by(*place).having(or_(*(half != 0 for half in halves)))
        rows = self._connection.execute(query.order_by(*place))
        items = (
            OpenItem(account, document, code, whole(int(high), int(low))) for account, document, code, high, low in rows
        )
        return [item for item in items if item.amount_minor]

    def _side(self, legal_entity: str, kind: str, through: date, account: ColumnElement[str], sign: int) -> Select[Any]:
        """What one side of the transfers says of each account and document."""
        document = self._before(_TRANSFERS.c.source, "/")
        place = (account.label("account"), document.label("document"), _TRANSFERS.c.currency)
        high, low = (half * literal_column(str(sign)) for half in sums_in_halves(_TRANSFERS.c.amount_minor))
        of_kind = or_(account == kind, and_(account > f"{kind}:", account < f"{kind};"))
        is_asked = (_ENTRIES.c.legal_entity == legal_entity, _ENTRIES.c.accounting_day <= through.isoformat(), of_kind)
        query = select(*place, high.label("high"), low.label("low")).select_from(_BOOKED).where(*is_asked)
        return query.group_by(account, document, _TRANSFERS.c.currency)

    def _before(self, text: ColumnElement[str], mark: str) -> ColumnElement[str]:
        """What stands in a text before the first `mark`; all of it where there is none."""
        # Literals and not bound values: what a statement groups by has to be the same as what it selects.
        quoted: ColumnElement[str] = literal_column(f"'{mark}'")
        if self._connection.dialect.name == "postgresql":
            return func.split_part(text, quoted, literal_column("1"))
        length = func.instr(text.op("||")(quoted), quoted) - literal_column("1")
        return func.substr(text, literal_column("1"), length)
