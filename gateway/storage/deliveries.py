"""The outbox with its journal, and what providers call our documents, as `Deliveries` asks for them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from gateway.core.delivery import Delivery, DeliveryStatus, Step, StepRecord, delivered_invoice, precedence
from gateway.core.errors import IllegalTransition, InvalidValue, NotFound
from gateway.core.ports.deliveries import DeliveryFilter
from gateway.core.provider_differences import DifferenceState
from gateway.storage.rows import (
    ConnectionRow,
    CreditNoteRow,
    CustomerLinkRow,
    CustomerMoveRow,
    DeliveryRow,
    DeliveryStepRow,
    ExternalRefRow,
    InvoiceRow,
    ProviderDifferenceRow,
    table_of,
)
from gateway.storage.statements import insert_unless_taken, one_of, upsert

_DELIVERIES = table_of(DeliveryRow)
_STEPS = table_of(DeliveryStepRow)
_REFS = table_of(ExternalRefRow)
_CONNECTIONS = table_of(ConnectionRow)
_INVOICES = table_of(InvoiceRow)
_CREDIT_NOTES = table_of(CreditNoteRow)
_DIFFERENCES = table_of(ProviderDifferenceRow)
_MOVES = table_of(CustomerMoveRow)
_LINKS = table_of(CustomerLinkRow)


def _is_behind_another() -> ColumnElement[bool]:
    """Whether something else about the same invoice has to arrive first."""
    earlier = _DELIVERIES.alias()
    return exists().where(
        earlier.c.connection == _DELIVERIES.c.connection,
        earlier.c.invoice_id == _DELIVERIES.c.invoice_id,
        earlier.c.ordinal < _DELIVERIES.c.ordinal,
        earlier.c.status != DeliveryStatus.DELIVERED,
    )


def _is_in_question() -> ColumnElement[bool]:
    """Whether the invoice differs from what the provider holds, so that a person has to look first."""
    return exists().where(
        _DIFFERENCES.c.connection == _DELIVERIES.c.connection,
        _DIFFERENCES.c.invoice_id == _DELIVERIES.c.invoice_id,
        _DIFFERENCES.c.state == DifferenceState.OPEN,
    )


def _next_due() -> Select[Any]:
    """What is to be sent first at a bound time, by a bound connection."""
    now = bindparam("now", type_=_DELIVERIES.c.due_at.type)
    lease = _DELIVERIES.c.leased_until
    return (
        select(_DELIVERIES)
        .where(
            _DELIVERIES.c.connection == bindparam("of_connection", type_=_DELIVERIES.c.connection.type),
            _DELIVERIES.c.status == DeliveryStatus.PENDING,
        )
        .where(
            _DELIVERIES.c.due_at <= now,
            or_(lease.is_(None), lease <= now),
            ~_is_behind_another(),
            ~_is_in_question(),
        )
        .order_by(_DELIVERIES.c.precedence, _DELIVERIES.c.due_at, _DELIVERIES.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


# Built once: putting a statement together takes longer than running it.
_DUE = _next_due()
_HELD = update(_DELIVERIES).where(
    _DELIVERIES.c.id == bindparam("held_id", type_=_DELIVERIES.c.id.type),
    _DELIVERIES.c.fence == bindparam("held_fence", type_=_DELIVERIES.c.fence.type),
)


class SqlDeliveries:
    """See `Deliveries`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, delivery: Delivery) -> None:
        """See `Deliveries.add`."""
        identity = {"id": delivery.id, "connection": delivery.connection, "document_id": delivery.document_id}
        place = {**self._place(delivery), "precedence": precedence(delivery.document_id)}
        self._connection.execute(
            insert(_DELIVERIES), {**identity, **place, "fence": delivery.fence, **_state(delivery)}
        )

    def claim(self, connection: str, now: datetime, lease_until: datetime) -> Delivery | None:
        """See `Deliveries.claim`."""
        row = self._connection.execute(_DUE, {"of_connection": connection, "now": now}).first()
        if row is None:
            return None
        found = _delivery(row)
        self._update_if_held(found, fence=found.fence + 1, leased_until=lease_until)
        return replace(found, fence=found.fence + 1)

    def renew(self, delivery: Delivery, lease_until: datetime) -> bool:
        """See `Deliveries.renew`."""
        return self._update_if_held(delivery, leased_until=lease_until)

    def steps(self, delivery_id: str) -> dict[Step, StepRecord]:
        """See `Deliveries.steps`."""
        rows = self._connection.execute(select(_STEPS).where(_STEPS.c.delivery_id == delivery_id))
        return {record.step: record for record in map(_step, rows)}

    def start_step(self, delivery: Delivery, step: Step, at: datetime, revision: int = 0) -> bool:
        """See `Deliveries.start_step`."""
        if not self._holds(delivery):
            return False
        record = {"started_at": at, "ref": None, "revision": revision}
        first = {"delivery_id": delivery.id, "step": step, "first_started_at": at}
        started = upsert(self._connection, _STEPS).values(**first, **record)
        self._connection.execute(started.on_conflict_do_update(index_elements=["delivery_id", "step"], set_=record))
        return True

    def starts(self, connection: str, step: Step, customer: str) -> list[StepRecord]:
        """See `Deliveries.starts`."""
        at_step = select(_STEPS).join_from(_STEPS, _DELIVERIES, _DELIVERIES.c.id == _STEPS.c.delivery_id)
        at_step = at_step.where(_DELIVERIES.c.connection == connection, _STEPS.c.step == step)
        found: list[Row[Any]] = []
        for documents, place in ((_INVOICES, _DELIVERIES.c.invoice_id), (_MOVES, _DELIVERIES.c.document_id)):
            of_customer = at_step.join(documents, documents.c.id == place)
            found += self._connection.execute(of_customer.where(documents.c.customer == customer))
        return [_step(row) for row in sorted(found, key=lambda row: (row.started_at, row.delivery_id))]

    def finish_step(self, delivery: Delivery, step: Step, ref: str) -> bool:
        """See `Deliveries.finish_step`."""
        if not self._holds(delivery):
            return False
        finished = update(_STEPS).where(_STEPS.c.delivery_id == delivery.id, _STEPS.c.step == step).values(ref=ref)
        assert self._connection.execute(finished).rowcount == 1, f"{step} of {delivery.id} was never started"
        return True

    def settle(self, delivery: Delivery) -> bool:
        """See `Deliveries.settle`."""
        # An attempt that was concluded, although storage said that it failed, is not settled again as a failure.
        is_pending = _DELIVERIES.c.status == DeliveryStatus.PENDING
        return self._update_if_held(delivery, is_pending, **_state(delivery), leased_until=None)

    def resume(self, delivery_id: str, now: datetime) -> Delivery:
        """See `Deliveries.resume`."""
        found = self._lock_parked(delivery_id, "resumed")
        resumed = replace(found, status=DeliveryStatus.PENDING, attempts=0, due_at=now, reason=None, remedy=None)
        return self._update_parked(found, resumed)

    def settle_parked(self, delivery_id: str, reason: str) -> Delivery:
        """See `Deliveries.settle_parked`."""
        found = self._lock_parked(delivery_id, "settled")
        return self._update_parked(found, replace(found, status=DeliveryStatus.DELIVERED, reason=reason, remedy=None))

    def page(self, matching: DeliveryFilter, after: str | None, limit: int) -> list[Delivery]:
        """See `Deliveries.page`."""
        query = select(_DELIVERIES).where(_DELIVERIES.c.id > (after or "")).order_by(_DELIVERIES.c.id).limit(limit)
        if matching.status is not None:
            query = query.where(_DELIVERIES.c.status == matching.status)
        if matching.document_id is not None:
            query = query.where(_DELIVERIES.c.document_id == matching.document_id)
        return [_delivery(row) for row in self._connection.execute(query)]

    def by_ids(self, ids: Sequence[str]) -> dict[str, Delivery]:
        """See `Deliveries.by_ids`."""
        query = select(_DELIVERIES).where(one_of(self._connection, _DELIVERIES.c.id, ids))
        return {row.id: _delivery(row) for row in self._connection.execute(query)}

    def journals(self, delivery_ids: Sequence[str]) -> dict[str, list[StepRecord]]:
        """See `Deliveries.journals`."""
        query = select(_STEPS).where(one_of(self._connection, _STEPS.c.delivery_id, delivery_ids))
        found: dict[str, list[StepRecord]] = {}
        for row in self._connection.execute(query.order_by(_STEPS.c.started_at, _STEPS.c.step)):
            found.setdefault(row.delivery_id, []).append(_step(row))
        return found

    def by_document(self, document_ids: Sequence[str]) -> dict[str, list[Delivery]]:
        """See `Deliveries.by_document`."""
        query = select(_DELIVERIES).where(one_of(self._connection, _DELIVERIES.c.document_id, document_ids))
        found: dict[str, list[Delivery]] = {}
        for row in self._connection.execute(query.order_by(_DELIVERIES.c.document_id, _DELIVERIES.c.id)):
            found.setdefault(row.document_id, []).append(_delivery(row))
        return found

    def customers(self, delivery_ids: Sequence[str]) -> dict[str, str]:
        """See `Deliveries.customers`."""
        whose = func.coalesce(_INVOICES.c.customer, _MOVES.c.customer, _LINKS.c.customer)
        documents = _DELIVERIES.outerjoin(_INVOICES, _INVOICES.c.id == _DELIVERIES.c.invoice_id)
        for table in (_MOVES, _LINKS):
            documents = documents.outerjoin(table, table.c.id == _DELIVERIES.c.document_id)
        query = select(_DELIVERIES.c.id, whose.label("customer")).select_from(documents)
        rows = self._connection.execute(query.where(one_of(self._connection, _DELIVERIES.c.id, delivery_ids)))
        return {row.id: row.customer for row in rows if row.customer is not None}

    def counts(self) -> dict[DeliveryStatus, int]:
        """See `Deliveries.counts`."""
        query = select(_DELIVERIES.c.status, func.count()).group_by(_DELIVERIES.c.status)
        return {DeliveryStatus(status): count for status, count in self._connection.execute(query)}

    def next_due_at(self, connection: str) -> datetime | None:
        """See `Deliveries.next_due_at`."""
        due, lease = _DELIVERIES.c.due_at, _DELIVERIES.c.leased_until
        # A leased one is due again when its lease ends.
        first = select(func.min(case((lease > due, lease), else_=due)))
        pending = first.where(_DELIVERIES.c.connection == connection, _DELIVERIES.c.status == DeliveryStatus.PENDING)
        found: datetime | None = self._connection.execute(pending).scalar_one()
        return found

    def put_ref(self, connection: str, kind: str, our_id: str, their_id: str) -> None:
        """See `Deliveries.put_ref`."""
        values = {"connection": connection, "kind": kind, "our_id": our_id, "their_id": their_id}
        if insert_unless_taken(self._connection, _REFS, values):
            return
        known = self.refs(connection, kind, [our_id]).get(our_id)
        if known != their_id:
            ours = self.our_id(connection, kind, their_id)
            raise InvalidValue(
                f"At {connection!r} the {kind} {our_id} is {known} and {their_id} is {ours}; it cannot be {their_id}"
            )

    def refs(self, connection: str, kind: str, our_ids: Sequence[str]) -> dict[str, str]:
        """See `Deliveries.refs`."""
        query = select(_REFS.c.our_id, _REFS.c.their_id).where(
            _REFS.c.connection == connection, _REFS.c.kind == kind, one_of(self._connection, _REFS.c.our_id, our_ids)
        )
        return {row.our_id: row.their_id for row in self._connection.execute(query)}

    def forget_ref(self, connection: str, kind: str, our_id: str) -> None:
        """See `Deliveries.forget_ref`."""
        mine = and_(_REFS.c.connection == connection, _REFS.c.kind == kind, _REFS.c.our_id == our_id)
        self._connection.execute(delete(_REFS).where(mine))

    def start_over(self, connection: str, document_id: str, now: datetime) -> None:
        """See `Deliveries.start_over`."""
        mine = and_(_DELIVERIES.c.connection == connection, _DELIVERIES.c.document_id == document_id)
        row = self._connection.execute(select(_DELIVERIES).where(mine).with_for_update()).first()
        if row is None:
            raise NotFound(f"{document_id} was never queued for {connection!r}")
        again = replace(_delivery(row), status=DeliveryStatus.PENDING, attempts=0, due_at=now, reason=None, remedy=None)
        self._update_if_held(again, **_state(again), fence=row.fence + 1, leased_until=None)
        steps = update(_STEPS).where(_STEPS.c.delivery_id == row.id, _STEPS.c.step != Step.CUSTOMER)
        self._connection.execute(steps.values(ref=None, revision=_STEPS.c.revision + 1, started_at=now))

    def our_id(self, connection: str, kind: str, their_id: str) -> str | None:
        """See `Deliveries.our_id`."""
        query = select(_REFS.c.our_id).where(
            _REFS.c.connection == connection, _REFS.c.kind == kind, _REFS.c.their_id == their_id
        )
        return self._connection.execute(query).scalar()

    def changes_seen(self, connection: str) -> datetime | None:
        """See `Deliveries.changes_seen`."""
        query = select(_CONNECTIONS.c.changes_seen_at).where(_CONNECTIONS.c.name == connection)
        return self._connection.execute(query).scalar()

    def set_changes_seen(self, connection: str, seen: datetime) -> None:
        """See `Deliveries.set_changes_seen`."""
        first = upsert(self._connection, _CONNECTIONS).values(name=connection, changes_seen_at=seen)
        moved = first.on_conflict_do_update(
            index_elements=["name"], set_={"changes_seen_at": first.excluded.changes_seen_at}
        )
        self._connection.execute(moved)

    def _lock_parked(self, delivery_id: str, deed: str) -> Delivery:
        row = self._connection.execute(
            select(_DELIVERIES).where(_DELIVERIES.c.id == delivery_id).with_for_update()
        ).first()
        if row is None:
            raise NotFound(f"Delivery {delivery_id!r} does not exist")
        found = _delivery(row)
        if found.status is not DeliveryStatus.PARKED:
            raise IllegalTransition(f"Delivery {delivery_id} is {found.status}; only a parked one can be {deed}")
        return found

    def _update_parked(self, found: Delivery, changed: Delivery) -> Delivery:
        """Store what a person decided; a worker that had it before is fenced out."""
        changed = replace(changed, fence=found.fence + 1)
        self._update_if_held(found, **_state(changed), fence=changed.fence, leased_until=None)
        return changed

    def _place(self, delivery: Delivery) -> dict[str, object]:
        """Which invoice a document is about, and how many were queued before; the invoice is locked by whoever adds."""
        invoice_id = delivered_invoice(delivery.document_id)
        if invoice_id is None:
            query = select(_CREDIT_NOTES.c.invoice_id).where(_CREDIT_NOTES.c.id == delivery.document_id)
            invoice_id = self._connection.execute(query).scalar() or delivery.document_id
        same = select(func.count()).where(
            _DELIVERIES.c.connection == delivery.connection, _DELIVERIES.c.invoice_id == invoice_id
        )
        return {"invoice_id": invoice_id, "ordinal": self._connection.execute(same).scalar_one()}

    def _holds(self, delivery: Delivery) -> bool:
        """Whether nobody has claimed the delivery since; then nobody can until the transaction ends."""
        return self._update_if_held(delivery, fence=delivery.fence)

    def _update_if_held(self, delivery: Delivery, *claims: ColumnElement[bool], **values: object) -> bool:
        held = _HELD.where(*claims) if claims else _HELD
        whose = {"held_id": delivery.id, "held_fence": delivery.fence}
        return self._connection.execute(held, {**whose, **values}).rowcount == 1


def _state(delivery: Delivery) -> dict[str, object]:
    """What a worker may change of a delivery it holds."""
    return {
        "status": delivery.status,
        "attempts": delivery.attempts,
        "due_at": delivery.due_at,
        "reason": delivery.reason,
        "remedy": delivery.remedy,
    }


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        connection=row.connection,
        document_id=row.document_id,
        status=DeliveryStatus(row.status),
        attempts=row.attempts,
        fence=row.fence,
        due_at=row.due_at,
        reason=row.reason,
        remedy=row.remedy,
    )


def _step(row: Row[Any]) -> StepRecord:
    return StepRecord(Step(row.step), row.first_started_at, row.started_at, row.ref, row.revision)
