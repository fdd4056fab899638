"""What providers hold and where it differs, as `ProviderDifferences` asks for it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, or_, select, tuple_, update

from gateway.core.errors import NotFound
from gateway.core.held_documents import HeldDocument
from gateway.core.money import Money
from gateway.core.ports.provider_differences import DifferenceFilter, ProviderReconciliation
from gateway.core.provider_differences import DifferenceKind, DifferenceState, ProviderDifference
from gateway.storage.rows import HeldDocumentRow, InvoiceRow, ProviderDifferenceRow, ProviderReconciliationRow, table_of
from gateway.storage.statements import insert_unless_taken, one_of, upsert

_HELD = table_of(HeldDocumentRow)
_INVOICES = table_of(InvoiceRow)
_DIFFERENCES = table_of(ProviderDifferenceRow)
_RECONCILIATIONS = table_of(ProviderReconciliationRow)
_HELD_KEY = ("connection", "kind", "our_id")
_HELD_MONEY = ("total", "tax", "agreed_total", "agreed_tax")


class SqlProviderDifferences:
    """See `ProviderDifferences`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put_held(self, held: HeldDocument) -> None:
        """See `ProviderDifferences.put_held`."""
        values = _held_values(held)
        changed = {name: value for name, value in values.items() if name not in _HELD_KEY}
        first = upsert(self._connection, _HELD).values(values)
        self._connection.execute(first.on_conflict_do_update(index_elements=list(_HELD_KEY), set_=changed))

    def held(self, connection: str, kind: str, our_ids: Sequence[str]) -> dict[str, HeldDocument]:
        """See `ProviderDifferences.held`."""
        query = select(_HELD).where(
            _HELD.c.connection == connection, _HELD.c.kind == kind, one_of(self._connection, _HELD.c.our_id, our_ids)
        )
        return {row.our_id: _held(row) for row in self._connection.execute(query)}

    def held_of(self, our_ids: Sequence[str]) -> dict[str, HeldDocument]:
        """See `ProviderDifferences.held_of`."""
        query = select(_HELD).where(one_of(self._connection, _HELD.c.our_id, our_ids)).order_by(_HELD.c.delivered_at)
        return {row.our_id: _held(row) for row in self._connection.execute(query)}

    def forget_held(self, connection: str, kind: str, our_id: str) -> None:
        """See `ProviderDifferences.forget_held`."""
        mine = and_(_HELD.c.connection == connection, _HELD.c.kind == kind, _HELD.c.our_id == our_id)
        self._connection.execute(delete(_HELD).where(mine))

    def held_since(
        self, connection: str, since: datetime, after: tuple[datetime, str] | None, limit: int
    ) -> list[HeldDocument]:
        """See `ProviderDifferences.held_since`."""
        place = (_HELD.c.delivered_at, _HELD.c.our_id)
        query = select(_HELD).where(_HELD.c.connection == connection, _HELD.c.delivered_at >= since)
        if after is not None:
            query = query.where(tuple_(*place) > tuple_(*after, types=[each.type for each in place]))
        return [_held(row) for row in self._connection.execute(query.order_by(*place).limit(limit))]

    def newest(self, connection: str, kind: str, subject: str) -> dict[DifferenceKind, ProviderDifference]:
        """See `ProviderDifferences.newest`."""
        query = select(_DIFFERENCES).where(
            _DIFFERENCES.c.connection == connection,
            _DIFFERENCES.c.document_kind == kind,
            _DIFFERENCES.c.subject == subject,
        )
        found = map(_difference, self._connection.execute(query.order_by(_DIFFERENCES.c.found_at, _DIFFERENCES.c.id)))
        return {each.kind: each for each in found}

    def put(self, difference: ProviderDifference) -> bool:
        """See `ProviderDifferences.put`."""
        values = {
            **{name: getattr(difference, name) for name in ProviderDifference.__slots__},
            "subject": difference.subject,
        }
        mine = update(_DIFFERENCES).where(_DIFFERENCES.c.id == difference.id).values(values)
        if self._connection.execute(mine).rowcount:
            return True
        return insert_unless_taken(self._connection, _DIFFERENCES, values)

    def lock(self, difference_id: str) -> ProviderDifference:
        """See `ProviderDifferences.lock`."""
        mine = select(_DIFFERENCES).where(_DIFFERENCES.c.id == difference_id).with_for_update()
        row = self._connection.execute(mine).first()
        if row is None:
            raise NotFound(f"Difference {difference_id!r} does not exist")
        return _difference(row)

    def page(self, matching: DifferenceFilter, after: str | None, limit: int) -> list[ProviderDifference]:
        """See `ProviderDifferences.page`."""
        query = select(_DIFFERENCES).where(_DIFFERENCES.c.id > (after or ""), *_claims(matching))
        return [_difference(row) for row in self._connection.execute(query.order_by(_DIFFERENCES.c.id).limit(limit))]

    def count(self, matching: DifferenceFilter) -> int:
        """See `ProviderDifferences.count`."""
        query = select(func.count()).select_from(_DIFFERENCES).where(*_claims(matching))
        found: int = self._connection.execute(query).scalar_one()
        return found

    def count_open(self, legal_entity: str, through: datetime) -> int:
        """See `ProviderDifferences.count_open`."""
        in_books = and_(_INVOICES.c.legal_entity == legal_entity, _INVOICES.c.boundary_at <= through)
        query = (
            select(func.count())
            .select_from(_DIFFERENCES.outerjoin(_INVOICES, _INVOICES.c.id == _DIFFERENCES.c.invoice_id))
            .where(_DIFFERENCES.c.state == DifferenceState.OPEN, or_(_INVOICES.c.id.is_(None), in_books))
        )
        found: int = self._connection.execute(query).scalar_one()
        return found

    def open_of(self, invoice_ids: Sequence[str]) -> dict[str, list[ProviderDifference]]:
        """See `ProviderDifferences.open_of`."""
        query = select(_DIFFERENCES).where(
            one_of(self._connection, _DIFFERENCES.c.invoice_id, invoice_ids),
            _DIFFERENCES.c.state == DifferenceState.OPEN,
        )
        found: dict[str, list[ProviderDifference]] = {}
        for row in self._connection.execute(query.order_by(_DIFFERENCES.c.id)):
            found.setdefault(row.invoice_id, []).append(_difference(row))
        return found

    def by_ids(self, ids: Sequence[str]) -> dict[str, ProviderDifference]:
        """See `ProviderDifferences.by_ids`."""
        query = select(_DIFFERENCES).where(one_of(self._connection, _DIFFERENCES.c.id, ids))
        return {row.id: _difference(row) for row in self._connection.execute(query)}

    def reconciliation(self, connection: str) -> ProviderReconciliation:
        """See `ProviderDifferences.reconciliation`."""
        return self.reconciliations().get(connection, ProviderReconciliation(connection))

    def reconciliations(self) -> dict[str, ProviderReconciliation]:
        """See `ProviderDifferences.reconciliations`."""
        rows = self._connection.execute(select(_RECONCILIATIONS))
        return {row.connection: ProviderReconciliation(**row._asdict()) for row in rows}

    def set_reconciliation(self, reconciliation: ProviderReconciliation) -> None:
        """See `ProviderDifferences.set_reconciliation`."""
        values = {name: getattr(reconciliation, name) for name in ProviderReconciliation.__slots__}
        first = upsert(self._connection, _RECONCILIATIONS).values(values)
        self._connection.execute(first.on_conflict_do_update(index_elements=["connection"], set_=values))


def _claims(matching: DifferenceFilter) -> list[ColumnElement[bool]]:
    wanted = {name: getattr(matching, name) for name in DifferenceFilter.__slots__}
    return [_DIFFERENCES.c[name] == value for name, value in wanted.items() if value is not None]


def _held_values(held: HeldDocument) -> dict[str, Any]:
    values = {name: getattr(held, name) for name in HeldDocument.__slots__}
    amounts = {name: values.pop(name) for name in _HELD_MONEY}
    minors = {f"{name}_minor": None if each is None else each.amount_minor for name, each in amounts.items()}
    return {**values, **minors, "currency": held.total.currency}


def _held(row: Row[Any]) -> HeldDocument:
    values = row._asdict()
    currency = values.pop("currency")
    minors = {name: values.pop(f"{name}_minor") for name in _HELD_MONEY}
    amounts: dict[str, Any] = {
        name: None if minor is None else Money(minor, currency) for name, minor in minors.items()
    }
    return HeldDocument(**values, **amounts)


def _difference(row: Row[Any]) -> ProviderDifference:
    values = row._asdict()
    del values["subject"]
    typed = {"kind": DifferenceKind(row.kind), "state": DifferenceState(row.state)}
    return ProviderDifference(**{**values, **typed})
