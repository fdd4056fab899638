"""The tables of re-rating."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, UniqueConstraint

from gateway.storage.rows.base import CLUSTERED, STRICT, Row, column, key
from gateway.storage.types import ExactDecimal, Int, UtcTime, Words


class RerateJobRow(Row, table=True):
    """A job that re-rates invoices; selection and changes as JSON."""

    __tablename__ = "rerate_job"
    __table_args__ = (Index(None, "created_at", "id"), STRICT)
    id: str = key()
    actor: str = column()
    reason: str = column()
    selection: str = column()
    changes: str = column()
    is_billed_at_once: bool = column(Int)
    disposition: str | None = column(nullable=True)
    created_at: datetime = column(UtcTime)
    finished_at: datetime | None = column(UtcTime, nullable=True)


class RerateItemRow(Row, table=True):
    """An invoice of a job, and what became of it."""

    __tablename__ = "rerate_item"
    __table_args__ = (Index(None, "job_id", "outcome", "invoice_id"), CLUSTERED)
    job_id: str = key(ForeignKey("rerate_job.id"))
    invoice_id: str = key(ForeignKey("invoice.id"))
    outcome: str = column()
    detail: str = column()
    revision_id: str | None = column(nullable=True)


class RevisionRow(Row, table=True):
    """A re-rating of an invoice; append-only by trigger."""

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("invoice_id", "number"), STRICT)
    id: str = key()
    invoice_id: str = column(Words, ForeignKey("invoice.id"))
    number: int = column(Int)
    job_id: str = column(Words, ForeignKey("rerate_job.id"))
    cut_off: int = column(Int)
    meter_versions: str = column()
    plan_version: int = column(Int)
    currency: str = column()
    created_at: datetime = column(UtcTime)
    credit_note_id: str | None = column(Words, ForeignKey("credit_note.id"), nullable=True)


class RevisionLineRow(Row, table=True):
    """A difference that a revision found, and how it was booked; append-only by trigger."""

    __tablename__ = "revision_line"
    __table_args__ = (CLUSTERED,)
    revision_id: str = key(ForeignKey("revision.id"))
    ordinal: int = key(kind=Int)
    booked_as: str = column()
    price: str = column()
    description: str = column()
    period_start: datetime = column(UtcTime)
    period_end: datetime = column(UtcTime)
    quantity: Decimal = column(ExactDecimal)
    amount_minor: int = column(Int)
    exact_amount: str = column()
    steps: str = column()
    timing: str = column()
    dimensions: str = column()
    meter: str | None = column(nullable=True)
    meter_version: int | None = column(Int, nullable=True)
    discounts: str = column()
    taxes: str = column()


class BilledAdjustmentRow(Row, table=True):
    """Which invoice bills a difference, and at which place of those that it bills; append-only by trigger."""

    __tablename__ = "billed_adjustment"
    __table_args__ = (Index(None, "revision_id", "ordinal"), CLUSTERED)
    invoice_id: str = key(ForeignKey("invoice.id"))
    place: int = key(kind=Int)
    revision_id: str = column(Words, ForeignKey("revision.id"))
    ordinal: int = column(Int)
