"""The table of reviews."""

from datetime import datetime

from sqlalchemy import Index, text

from gateway.storage.rows.base import STRICT, Row, column, key
from gateway.storage.types import UtcTime

_UNRESOLVED = text("status <> 'resolved'")


class ReviewRow(Row, table=True):
    """What waits for a person: one unresolved review of each subject."""

    __tablename__ = "review"
    __table_args__ = (
        Index("uq_review_unresolved", "subject", unique=True, sqlite_where=_UNRESOLVED, postgresql_where=_UNRESOLVED),
        Index(None, "subject", "opened_at"),
        Index(None, "status", "opened_at"),
        Index(None, "customer", "opened_at"),
        STRICT,
    )
    id: str = key()
    kind: str = column()
    subject: str = column()
    opened_at: datetime = column(UtcTime)
    customer: str | None = column(nullable=True)
    status: str = column()
    assignee: str | None = column(nullable=True)
    waits_until: datetime | None = column(UtcTime, nullable=True)
    decision: str | None = column(nullable=True)
    decided_by: str | None = column(nullable=True)
    resolved_at: datetime | None = column(UtcTime, nullable=True)
