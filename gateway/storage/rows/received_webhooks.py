"""The table of webhooks that providers send."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index

from gateway.storage.rows.base import STRICT, Row, column, key
from gateway.storage.types import Int, UtcTime


class ReceivedWebhookRow(Row, table=True):
    """A webhook that was proven to come from a provider."""

    __tablename__ = "received_webhook"
    __table_args__ = (
        CheckConstraint("status <> 'pending' OR due_at IS NOT NULL", name="pending_is_due"),
        Index(None, "connection", "status", "due_at"),
        Index(None, "received_at"),
        STRICT,
    )
    connection: str = key()
    event_id: str = key()
    type: str = column()
    kind: str | None = column(nullable=True)
    ref: str = column()
    received_at: datetime = column(UtcTime)
    status: str = column()
    attempts: int = column(Int)
    due_at: datetime | None = column(UtcTime, nullable=True)
    leased_until: datetime | None = column(UtcTime, nullable=True)
    reason: str | None = column(nullable=True)
