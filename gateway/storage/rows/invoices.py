"""The tables of invoices, their lines, holds and numbers."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text

from gateway.storage.rows.base import STRICT, Row, column, key
from gateway.storage.types import ExactDecimal, Int, UtcTime, Words

_LIVE = text("status <> 'void'")


class InvoiceRow(Row, table=True):
    """An invoice; one live one per subscription, boundary, kind and sequence."""

    __tablename__ = "invoice"
    __table_args__ = (
        Index(
            "uq_invoice_live", "subscription_id", "boundary_at", "kind", "sequence",
            unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE,
        ),
        UniqueConstraint("number"),
        CheckConstraint(
            "status <> 'finalized' OR (number IS NOT NULL AND finalized_at IS NOT NULL)", name="finalized_is_numbered"
        ),
        Index(None, "customer", "issued_on", "id"),
        Index(None, "issued_on", "id"),
        Index(None, "status", "boundary_at"),
        STRICT,
    )  # fmt: skip
    id: str = key()
    subscription_id: str = column(Words, ForeignKey("subscription.id"))
    boundary_at: datetime = column(UtcTime)
    kind: str = column()
    sequence: int = column(Int)
    customer: str = column(Words, ForeignKey("customer.key"))
    plan: str = column()
    plan_version: int = column(Int)
    currency: str = column()
    issued_on: str = column()
    cut_off: int = column(Int)
    meter_versions: str = column()
    inputs_hash: str = column()
    engine_version: int = column(Int)
    total_minor: int = column(Int)
    status: str = column()
    payment_status: str = column()
    number: str | None = column(nullable=True)
    finalized_at: datetime | None = column(UtcTime, nullable=True)


class InvoiceLineRow(Row, table=True):
    """A line of an invoice."""

    __tablename__ = "invoice_line"
    __table_args__ = (STRICT,)
    invoice_id: str = key(ForeignKey("invoice.id"))
    ordinal: int = key(kind=Int)
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


class DiscrepancyRow(Row, table=True):
    """What holds an invoice."""

    __tablename__ = "discrepancy"
    __table_args__ = (STRICT,)
    invoice_id: str = key(ForeignKey("invoice.id"))
    ordinal: int = key(kind=Int)
    kind: str = column()
    meter: str = column()
    dimensions: str = column()
    expected: str = column()
    found: str = column()
    detail: str = column()


class ResolutionRow(Row, table=True):
    """Who let a held invoice go out, and why."""

    __tablename__ = "resolution"
    __table_args__ = (STRICT,)
    invoice_id: str = key(ForeignKey("invoice.id"))
    actor: str = column()
    reason: str = column()
    resolved_at: datetime = column(UtcTime)


class NumberSeriesRow(Row, table=True):
    """The last number taken of a series."""

    __tablename__ = "number_series"
    __table_args__ = (STRICT,)
    name: str = key()
    last_number: int = column(Int)
