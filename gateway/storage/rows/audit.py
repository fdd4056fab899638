"""The table of the audit log."""

from datetime import datetime

from sqlalchemy import Index

from gateway.storage.rows.base import STRICT, Row, column, key
from gateway.storage.types import UtcTime


class AuditEntryRow(Row, table=True):
    """Who did what to what; rows are never changed."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(None, "at", "id"),
        Index(None, "subject", "at"),
        Index(None, "customer", "at"),
        Index(None, "actor", "at"),
        STRICT,
    )
    id: str = key()
    at: datetime = column(UtcTime)
    actor: str = column()
    action: str = column()
    subject: str = column()
    customer: str | None = column(nullable=True)
    reason: str | None = column(nullable=True)
    details: str = column()
