"""Re-rating, as `Rerating` asks for it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, func, insert, or_, select, tuple_, update

from gateway.core.errors import NotFound
from gateway.core.invoicing.credit_notes import Disposition
from gateway.core.invoicing.invoice import InvoiceStatus
from gateway.core.ports.rerating import Adjustment, At, JobItem, RerateJob, RerateOutcome, Selection
from gateway.core.rerating.revision import Booked, BookedAs, Changes, Revision
from gateway.core.time import instant_text, read_instant
from gateway.storage.invoice_rows import line_from, line_values
from gateway.storage.rows import (
    BilledAdjustmentRow,
    InvoiceRow,
    RerateItemRow,
    RerateJobRow,
    RevisionLineRow,
    RevisionRow,
    table_of,
)
from gateway.storage.statements import one_of

_INVOICES = table_of(InvoiceRow)
_JOBS = table_of(RerateJobRow)
_ITEMS = table_of(RerateItemRow)
_REVISIONS = table_of(RevisionRow)
_LINES = table_of(RevisionLineRow)
_BILLED = table_of(BilledAdjustmentRow)


class SqlRerating:
    """See `Rerating`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def select(self, selection: Selection, after: At | None, limit: int) -> list[At]:
        """See `Rerating.select`."""
        place = (_INVOICES.c.boundary_at, _INVOICES.c.id)
        query = select(*place).where(*self._selected(selection)).order_by(*place).limit(limit)
        if after is not None:
            query = query.where(tuple_(*place) > after)
        return [(at, invoice_id) for at, invoice_id in self._connection.execute(query)]

    def _selected(self, selection: Selection) -> list[ColumnElement[bool]]:
        found = [_INVOICES.c.status == InvoiceStatus.FINALIZED, _INVOICES.c.kind == "period"]
        if selection.customers:
            found.append(one_of(self._connection, _INVOICES.c.customer, selection.customers))
        if selection.plans:
            found.append(one_of(self._connection, _INVOICES.c.plan, selection.plans))
        if selection.meters:
            counted = (json.dumps(meter) for meter in selection.meters)
            found.append(or_(*(_INVOICES.c.meter_versions.contains(each, autoescape=True) for each in counted)))
        if selection.ended_after is not None:
            found.append(_INVOICES.c.boundary_at > selection.ended_after)
        if selection.ended_until is not None:
            found.append(_INVOICES.c.boundary_at <= selection.ended_until)
        return found

    def add_job(self, job: RerateJob, invoice_ids: Sequence[str]) -> None:
        """See `Rerating.add_job`."""
        self._connection.execute(insert(_JOBS), _job_values(job))
        items = [JobItem(job.id, invoice_id, RerateOutcome.PENDING) for invoice_id in invoice_ids]
        if items:
            self._connection.execute(insert(_ITEMS), [_item_values(item) for item in items])

    def job(self, job_id: str) -> RerateJob:
        """See `Rerating.job`."""
        found = self._jobs(select(_JOBS).where(_JOBS.c.id == job_id))
        if not found:
            raise NotFound(f"There is no re-rating job {job_id!r}")
        return found[0]

    def jobs(self, after: At | None, limit: int) -> list[RerateJob]:
        """See `Rerating.jobs`."""
        place = (_JOBS.c.created_at, _JOBS.c.id)
        query = select(_JOBS).order_by(*(column.desc() for column in place)).limit(limit)
        return self._jobs(query if after is None else query.where(tuple_(*place) < after))

    def unfinished(self) -> list[RerateJob]:
        """See `Rerating.unfinished`."""
        return self._jobs(select(_JOBS).where(_JOBS.c.finished_at.is_(None)).order_by(_JOBS.c.created_at, _JOBS.c.id))

    def finish_job(self, job_id: str, at: datetime) -> None:
        """See `Rerating.finish_job`."""
        is_open = (_JOBS.c.id == job_id, _JOBS.c.finished_at.is_(None))
        self._connection.execute(update(_JOBS).where(*is_open).values(finished_at=at))

    def items(self, job_id: str, after: str | None, limit: int, outcome: RerateOutcome | None = None) -> list[JobItem]:
        """See `Rerating.items`."""
        query = select(_ITEMS).where(_ITEMS.c.job_id == job_id).order_by(_ITEMS.c.invoice_id).limit(limit)
        if after is not None:
            query = query.where(_ITEMS.c.invoice_id > after)
        if outcome is not None:
            query = query.where(_ITEMS.c.outcome == outcome)
        return [
            JobItem(row.job_id, row.invoice_id, RerateOutcome(row.outcome), row.detail, row.revision_id)
            for row in self._connection.execute(query)
        ]

    def counts(self, job_ids: Sequence[str]) -> Mapping[str, Mapping[RerateOutcome, int]]:
        """See `Rerating.counts`."""
        columns = (_ITEMS.c.job_id, _ITEMS.c.outcome)
        query = select(*columns, func.count()).where(one_of(self._connection, _ITEMS.c.job_id, job_ids))
        found: dict[str, dict[RerateOutcome, int]] = {job_id: {} for job_id in job_ids}
        for job_id, outcome, count in self._connection.execute(query.group_by(*columns)):
            found[job_id][RerateOutcome(outcome)] = count
        return found

    def settle_item(self, item: JobItem) -> bool:
        """See `Rerating.settle_item`."""
        is_pending = (
            _ITEMS.c.job_id == item.job_id,
            _ITEMS.c.invoice_id == item.invoice_id,
            _ITEMS.c.outcome == RerateOutcome.PENDING,
        )
        values = {"outcome": item.outcome, "detail": item.detail, "revision_id": item.revision_id}
        return self._connection.execute(update(_ITEMS).where(*is_pending).values(values)).rowcount == 1

    def add(self, revision: Revision) -> None:
        """See `Rerating.add`."""
        self._connection.execute(insert(_REVISIONS), _revision_values(revision))
        values = [_line_values(revision.id, ordinal, booked) for ordinal, booked in enumerate(revision.booked)]
        self._connection.execute(insert(_LINES), values)

    def of_invoices(self, invoice_ids: Sequence[str]) -> dict[str, list[Revision]]:
        """See `Rerating.of_invoices`."""
        query = select(_REVISIONS).where(one_of(self._connection, _REVISIONS.c.invoice_id, invoice_ids))
        found: dict[str, list[Revision]] = {}
        for revision in self._load(query.order_by(_REVISIONS.c.invoice_id, _REVISIONS.c.number)):
            found.setdefault(revision.invoice_id, []).append(revision)
        return found

    def by_ids(self, ids: Sequence[str]) -> dict[str, Revision]:
        """See `Rerating.by_ids`."""
        found = self._load(select(_REVISIONS).where(one_of(self._connection, _REVISIONS.c.id, ids)))
        return {revision.id: revision for revision in found}

    def waiting(self, customer: str, currency: str, legal_entity: str) -> list[Adjustment]:
        """See `Rerating.waiting`."""
        billing = _INVOICES.alias("billing")
        is_billed = exists().where(
            _BILLED.c.revision_id == _LINES.c.revision_id,
            _BILLED.c.ordinal == _LINES.c.ordinal,
            billing.c.id == _BILLED.c.invoice_id,
            billing.c.status != InvoiceStatus.VOID,
        )
        query = self._adjustments().where(
            _LINES.c.booked_as == BookedAs.ADJUSTMENT,
            _INVOICES.c.customer == customer,
            _INVOICES.c.currency == currency,
            _INVOICES.c.legal_entity == legal_entity,
            ~is_billed,
        )
        return _found(
            self._connection.execute(query.order_by(_REVISIONS.c.created_at, _REVISIONS.c.id, _LINES.c.ordinal))
        )

    def bill(self, adjustments: Sequence[Adjustment], invoice_id: str) -> None:
        """See `Rerating.bill`."""
        values = [
            {"invoice_id": invoice_id, "place": place, "revision_id": each.revision_id, "ordinal": each.place}
            for place, each in enumerate(adjustments)
        ]
        if values:
            self._connection.execute(insert(_BILLED), values)

    def billed_on(self, invoice_id: str) -> list[Adjustment]:
        """See `Rerating.billed_on`."""
        is_same = (_BILLED.c.revision_id == _LINES.c.revision_id) & (_BILLED.c.ordinal == _LINES.c.ordinal)
        query = self._adjustments().join(_BILLED, is_same).where(_BILLED.c.invoice_id == invoice_id)
        return _found(self._connection.execute(query.order_by(_BILLED.c.place)))

    def _adjustments(self) -> Select[Any]:
        return (
            select(_LINES, _REVISIONS.c.currency)
            .join(_REVISIONS, _REVISIONS.c.id == _LINES.c.revision_id)
            .join(_INVOICES, _INVOICES.c.id == _REVISIONS.c.invoice_id)
        )

    def _jobs(self, query: Select[Any]) -> list[RerateJob]:
        return [_job(row) for row in self._connection.execute(query)]

    def _load(self, query: Select[Any]) -> list[Revision]:
        """The revisions that `query` finds, in its order, with what they booked: two statements."""
        rows = self._connection.execute(query).all()
        booked: dict[str, list[Booked]] = {row.id: [] for row in rows}
        currencies = {row.id: row.currency for row in rows}
        lines = select(_LINES).where(one_of(self._connection, _LINES.c.revision_id, booked))
        for row in self._connection.execute(lines.order_by(_LINES.c.revision_id, _LINES.c.ordinal)):
            booked[row.revision_id].append(Booked(BookedAs(row.booked_as), line_from(row, currencies[row.revision_id])))
        return [_revision(row, tuple(booked[row.id])) for row in rows]


def _found(rows: Any) -> list[Adjustment]:
    return [Adjustment(row.revision_id, row.ordinal, line_from(row, row.currency)) for row in rows]


def _job_values(job: RerateJob) -> dict[str, object]:
    return {
        "id": job.id,
        "actor": job.actor,
        "reason": job.reason,
        "selection": json.dumps(_selection_document(job.selection)),
        "changes": json.dumps([job.changes.cut_off, job.changes.meters, job.changes.plan_version]),
        "is_billed_at_once": int(job.is_billed_at_once),
        "disposition": job.disposition,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
    }


def _job(row: Row[Any]) -> RerateJob:
    cut_off, meters, plan_version = json.loads(row.changes)
    return RerateJob(
        id=row.id,
        actor=row.actor,
        reason=row.reason,
        selection=_selection(json.loads(row.selection)),
        changes=Changes(cut_off, tuple((meter, count) for meter, count in meters), plan_version),
        is_billed_at_once=bool(row.is_billed_at_once),
        disposition=None if row.disposition is None else Disposition(row.disposition),
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def _selection_document(selection: Selection) -> dict[str, object]:
    ends = {"ended_after": selection.ended_after, "ended_until": selection.ended_until}
    return {
        "customers": selection.customers,
        "plans": selection.plans,
        "meters": selection.meters,
        **{name: at and instant_text(at) for name, at in ends.items()},
    }


def _selection(document: Mapping[str, Any]) -> Selection:
    customers, plans, meters = (tuple(document[name]) for name in ("customers", "plans", "meters"))
    ends = (document[name] and read_instant(document[name]) for name in ("ended_after", "ended_until"))
    return Selection(customers, plans, meters, *ends)


def _item_values(item: JobItem) -> dict[str, object]:
    return {
        "job_id": item.job_id,
        "invoice_id": item.invoice_id,
        "outcome": item.outcome,
        "detail": item.detail,
        "revision_id": item.revision_id,
    }


def _revision_values(revision: Revision) -> dict[str, object]:
    return {
        "id": revision.id,
        "invoice_id": revision.invoice_id,
        "number": revision.number,
        "job_id": revision.job_id,
        "cut_off": revision.cut_off,
        "meter_versions": json.dumps(revision.meter_versions),
        "plan_version": revision.plan_version,
        "currency": revision.booked[0].line.amount.currency,
        "created_at": revision.created_at,
        "credit_note_id": revision.credit_note_id,
    }


def _line_values(revision_id: str, ordinal: int, booked: Booked) -> dict[str, object]:
    values = line_values(revision_id, ordinal, booked.line)
    return {"revision_id": values.pop("invoice_id"), "booked_as": booked.booked_as, **values}


def _revision(row: Row[Any], booked: tuple[Booked, ...]) -> Revision:
    return Revision(
        id=row.id,
        invoice_id=row.invoice_id,
        number=row.number,
        job_id=row.job_id,
        cut_off=row.cut_off,
        meter_versions=tuple((meter, count) for meter, count in json.loads(row.meter_versions)),
        plan_version=row.plan_version,
        created_at=row.created_at,
        booked=booked,
        credit_note_id=row.credit_note_id,
    )
