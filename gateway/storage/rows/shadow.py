"""The table of the shadow run."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index

from gateway.storage.rows.base import STRICT, Row, column, key
from gateway.storage.types import Int, UtcTime, Words


class ShadowQuoteRow(Row, table=True):
    """An invoice at a shadow connection, which quotes it and keeps nothing."""

    __tablename__ = "shadow_quote"
    __table_args__ = (
        Index(None, "connection", "status", "due_at"),
        Index(None, "connection", "finalized_at", "invoice_id"),
        STRICT,
    )
    connection: str = key()
    invoice_id: str = key(ForeignKey("invoice.id"))
    finalized_at: datetime = column(UtcTime)
    due_at: datetime = column(UtcTime)
    status: str = column()
    attempts: int = column(Int)
    currency: str | None = column(Words, nullable=True)
    total_minor: int | None = column(Int, nullable=True)
    tax_minor: int | None = column(Int, nullable=True)
    line_count: int | None = column(Int, nullable=True)
    their_total_minor: int | None = column(Int, nullable=True)
    their_tax_minor: int | None = column(Int, nullable=True)
    their_line_count: int | None = column(Int, nullable=True)
    reason: str | None = column(nullable=True)
    quoted_at: datetime | None = column(UtcTime, nullable=True)
