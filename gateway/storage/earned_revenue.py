"""What was earned in each month, by what it stems from, as `Reports.earned` asks for it."""

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal_column,
    select,
    union_all,
)

from gateway.core.reports.split import EarnedPart
from gateway.core.revenue.accounts import Account
from gateway.storage.halves import sums_in_halves, whole
from gateway.storage.rows import InvoiceLineRow, InvoiceRow, JournalEntryRow, SubscriptionRow, TransferRow, table_of

Before = Callable[[ColumnElement[str], str], ColumnElement[str]]
"""What stands in a text before the first mark."""

_ENTRIES, _TRANSFERS = table_of(JournalEntryRow), table_of(TransferRow)
_INVOICES, _LINES, _SUBSCRIPTIONS = table_of(InvoiceRow), table_of(InvoiceLineRow), table_of(SubscriptionRow)
_RUNNING = "running:"
_KIND = f"{Account.REVENUE}:"


def earned_parts(
    connection: Connection, before: Before, legal_entity: str, first_month: str, last_month: str
) -> list[EarnedPart]:
    """See `Reports.earned`."""
    sides = (_TRANSFERS.c.credit_account, 1), (_TRANSFERS.c.debit_account, -1)
    both = union_all(*(_side(before, legal_entity, first_month, last_month, *side) for side in sides)).subquery()
    rows = connection.execute(select(both).order_by(*list(both.c)[:8]))
    return [
        EarnedPart(month, code, customer or "", plan or "", version or 0, price, _values(line, rest), whole(high, low))
        for month, code, customer, plan, version, price, line, rest, high, low in (
            (*row[:8], int(row[8]), int(row[9])) for row in rows
        )
    ]


def _values(line: str | None, rest: str) -> str:
    """The values of dimensions: of a line of an invoice, or of what a running period's transfer stems from."""
    if line is not None:
        return "/".join(value for _, value in json.loads(line))
    return rest.partition("/")[2]


def _side(
    before: Before, legal_entity: str, first_month: str, last_month: str, account: ColumnElement[str], sign: int
) -> Select[Any]:
    source, day = _TRANSFERS.c.source, _ENTRIES.c.accounting_day
    document = before(source, "/")
    rest = func.substr(source, func.length(document) + literal_column("2"))
    is_running = source.like(literal_column(f"'{_RUNNING}%'"))
    subscription = before(func.substr(source, literal_column(str(len(_RUNNING) + 1))), "@")
    tables = _ENTRIES.join(_TRANSFERS, _ENTRIES.c.key == _TRANSFERS.c.entry_key)
    tables = tables.outerjoin(_INVOICES, _INVOICES.c.id == document)
    tables = tables.outerjoin(_LINES, and_(_LINES.c.invoice_id == document, cast(_LINES.c.ordinal, Text) == rest))
    tables = tables.outerjoin(_SUBSCRIPTIONS, and_(is_running, _SUBSCRIPTIONS.c.id == subscription))
    keys = (
        func.substr(day, literal_column("1"), literal_column("7")).label("month"),
        _TRANSFERS.c.currency,
        func.coalesce(_INVOICES.c.customer, _SUBSCRIPTIONS.c.customer).label("customer"),
        func.coalesce(_INVOICES.c.plan, _SUBSCRIPTIONS.c.plan).label("plan"),
        func.coalesce(_INVOICES.c.plan_version, _SUBSCRIPTIONS.c.plan_version).label("plan_version"),
        func.substr(account, literal_column(str(len(_KIND) + 1))).label("price"),
        _LINES.c.dimensions,
        case((is_running, rest), else_=literal_column("''")).label("rest"),
    )
    high, low = (half * literal_column(str(sign)) for half in sums_in_halves(_TRANSFERS.c.amount_minor))
    is_asked = (_ENTRIES.c.legal_entity == legal_entity, day > f"{first_month}-", day < f"{last_month}.")
    of_kind = (account > _KIND, account < f"{Account.REVENUE};")
    query = select(*keys, high.label("high"), low.label("low")).select_from(tables).where(*is_asked, *of_kind)
    return query.group_by(*(literal_column(str(place)) for place in range(1, len(keys) + 1)))
