"""The shadow run, as `Shadow` asks for it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select, tuple_, update

from gateway.core.money import Money
from gateway.core.shadow import Comparable, ShadowQuote, ShadowStatus
from gateway.storage.rows import ShadowQuoteRow, table_of
from gateway.storage.statements import insert_unless_taken

_QUOTES = table_of(ShadowQuoteRow)


class SqlShadow:
    """See `Shadow`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, quote: ShadowQuote) -> None:
        """See `Shadow.add`."""
        insert_unless_taken(self._connection, _QUOTES, _values(quote))

    def claim(self, connection: str, now: datetime, until: datetime) -> ShadowQuote | None:
        """See `Shadow.claim`."""
        due = (
            select(_QUOTES)
            .where(
                _QUOTES.c.connection == connection, _QUOTES.c.status == ShadowStatus.PENDING, _QUOTES.c.due_at <= now
            )
            .order_by(_QUOTES.c.due_at, _QUOTES.c.invoice_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = self._connection.execute(due).first()
        if row is None:
            return None
        claimed = replace(_quote(row), due_at=until, attempts=row.attempts + 1)
        self.settle(claimed)
        return claimed

    def settle(self, quote: ShadowQuote) -> None:
        """See `Shadow.settle`."""
        same = (_QUOTES.c.connection == quote.connection, _QUOTES.c.invoice_id == quote.invoice_id)
        self._connection.execute(update(_QUOTES).where(*same).values(_values(quote)))

    def since(
        self,
        connection: str,
        since: datetime,
        after: tuple[datetime, str] | None,
        limit: int,
        only_different: bool = False,
    ) -> list[ShadowQuote]:
        """See `Shadow.since`."""
        place = (_QUOTES.c.finalized_at, _QUOTES.c.invoice_id)
        query = select(_QUOTES).where(_QUOTES.c.connection == connection, _QUOTES.c.finalized_at >= since)
        if after is not None:
            query = query.where(tuple_(*place) > tuple_(*after, types=[each.type for each in place]))
        if only_different:
            query = query.where(_is_different())
        return [_quote(row) for row in self._connection.execute(query.order_by(*place).limit(limit))]


def _is_different() -> ColumnElement[bool]:
    compared = ("total_minor", "tax_minor", "line_count")
    pairs = [_QUOTES.c[name] != _QUOTES.c[f"their_{name}"] for name in compared]
    return or_(_QUOTES.c.status == ShadowStatus.FAILED, and_(_QUOTES.c.status == ShadowStatus.QUOTED, or_(*pairs)))


def _values(quote: ShadowQuote) -> dict[str, object]:
    names = ("connection", "invoice_id", "finalized_at", "due_at", "status", "attempts", "reason", "quoted_at")
    kept = {name: getattr(quote, name) for name in names}
    return kept | _compared("", quote.ours) | _compared("their_", quote.theirs)


def _compared(prefix: str, compared: Comparable | None) -> dict[str, object]:
    if compared is None:
        return {}
    values = {"total_minor": compared.total.amount_minor, "tax_minor": compared.tax.amount_minor}
    named = {f"{prefix}{name}": value for name, value in {**values, "line_count": compared.lines}.items()}
    return {**named, "currency": compared.total.currency}


def _quote(row: Row[Any]) -> ShadowQuote:
    def compared(total: int | None, tax: int | None, lines: int | None) -> Comparable | None:
        if total is None or tax is None or lines is None:
            return None
        return Comparable(Money(total, row.currency), Money(tax, row.currency), lines)

    return ShadowQuote(
        connection=row.connection,
        invoice_id=row.invoice_id,
        finalized_at=row.finalized_at,
        due_at=row.due_at,
        status=ShadowStatus(row.status),
        attempts=row.attempts,
        ours=compared(row.total_minor, row.tax_minor, row.line_count),
        theirs=compared(row.their_total_minor, row.their_tax_minor, row.their_line_count),
        reason=row.reason,
        quoted_at=row.quoted_at,
    )
