"""Plans of switches, as `SwitchPlans` asks for them."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from gateway.core.ports.switch_plans import PlannedFilter
from gateway.core.switch_plans import StoredPlan
from gateway.core.switching import CreditThatStays, OpenInvoice, PlannedCustomer, SwitchPlan
from gateway.storage.rows import SwitchPlanPartRow, SwitchPlanRow, table_of
from gateway.storage.statements import one_of
from gateway.storage.switch_plan_parts import (
    credit_of,
    credit_text,
    customer_of,
    customer_text,
    invoice_of,
    invoice_text,
    severity_of,
)

_PLANS = table_of(SwitchPlanRow)
_PARTS = table_of(SwitchPlanPartRow)
_CUSTOMER, _INVOICE, _CREDIT = "customer", "invoice", "credit"

T = TypeVar("T")


class SqlSwitchPlans:
    """See `SwitchPlans`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, plan: StoredPlan) -> None:
        """See `SwitchPlans.add`."""
        self._connection.execute(insert(_PLANS), _values(plan))

    def by_ids(self, ids: Sequence[str]) -> dict[str, StoredPlan]:
        """See `SwitchPlans.by_ids`."""
        rows = self._connection.execute(select(_PLANS).where(one_of(self._connection, _PLANS.c.id, ids)))
        return {row.id: _plan(row) for row in rows}

    def next_due(self, target: str) -> StoredPlan | None:
        """See `SwitchPlans.next_due`."""
        waiting = select(_PLANS).where(_PLANS.c.target == target, _PLANS.c.ended_at.is_(None))
        row = self._connection.execute(waiting.order_by(_PLANS.c.requested_at, _PLANS.c.id).limit(1)).first()
        return None if row is None else _plan(row)

    def put(self, plan: StoredPlan) -> None:
        """See `SwitchPlans.put`."""
        self._connection.execute(update(_PLANS).where(_PLANS.c.id == plan.id).values(_values(plan)))

    def put_content(self, plan_id: str, content: SwitchPlan) -> None:
        """See `SwitchPlans.put_content`."""
        self._connection.execute(delete(_PARTS).where(_PARTS.c.plan_id == plan_id))
        if parts := [{"plan_id": plan_id, **part} for part in _parts(content)]:
            self._connection.execute(insert(_PARTS), parts)

    def customers(self, matching: PlannedFilter, after: int | None, limit: int) -> list[tuple[int, PlannedCustomer]]:
        """See `SwitchPlans.customers`."""
        return self._page(customer_of, _matching(matching), after, limit)

    def customer_count(self, matching: PlannedFilter) -> int:
        """See `SwitchPlans.customer_count`."""
        query = select(func.count()).select_from(_PARTS).where(*_matching(matching))
        return self._connection.execute(query).scalar_one()

    def invoices(self, plan_id: str, after: int | None, limit: int) -> list[tuple[int, OpenInvoice]]:
        """See `SwitchPlans.invoices`."""
        return self._page(invoice_of, _of(plan_id, _INVOICE), after, limit)

    def credits(self, plan_id: str, after: int | None, limit: int) -> list[tuple[int, CreditThatStays]]:
        """See `SwitchPlans.credits`."""
        return self._page(credit_of, _of(plan_id, _CREDIT), after, limit)

    def _page(
        self, read: Callable[[str], T], claims: list[ColumnElement[bool]], after: int | None, limit: int
    ) -> list[tuple[int, T]]:
        query = select(_PARTS.c.ordinal, _PARTS.c.body).where(*claims)
        if after is not None:
            query = query.where(_PARTS.c.ordinal > after)
        rows = self._connection.execute(query.order_by(_PARTS.c.ordinal).limit(limit))
        return [(row.ordinal, read(row.body)) for row in rows]


def _of(plan_id: str, kind: str) -> list[ColumnElement[bool]]:
    return [_PARTS.c.plan_id == plan_id, _PARTS.c.kind == kind]


def _matching(matching: PlannedFilter) -> list[ColumnElement[bool]]:
    severe = [] if matching.severity is None else [_PARTS.c.severity == matching.severity]
    return [*_of(matching.plan_id, _CUSTOMER), *severe]


def _parts(content: SwitchPlan) -> Iterator[dict[str, object]]:
    def numbered(kind: str, texts: Sequence[tuple[str, str]]) -> Iterator[dict[str, object]]:
        for ordinal, (severity, body) in enumerate(texts):
            yield {"kind": kind, "ordinal": ordinal, "severity": severity, "body": body}

    yield from numbered(_CUSTOMER, [(severity_of(each), customer_text(each)) for each in content.customers])
    yield from numbered(_INVOICE, [("", invoice_text(each)) for each in content.invoices])
    yield from numbered(_CREDIT, [("", credit_text(each)) for each in content.credits])


def _values(plan: StoredPlan) -> dict[str, object]:
    values = {name: getattr(plan, name) for name in StoredPlan.__slots__}
    customers = None if plan.customers is None else json.dumps(plan.customers)
    return values | {"customers": customers, "unasked": json.dumps(plan.unasked)}


def _plan(row: Row[Any]) -> StoredPlan:
    customers = None if row.customers is None else tuple(json.loads(row.customers))
    return StoredPlan(**row._asdict() | {"customers": customers, "unasked": tuple(json.loads(row.unasked))})
