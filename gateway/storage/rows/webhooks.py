"""The tables of webhooks that the gateway sends."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index

from gateway.storage.rows.base import STRICT, Row, column, key
from gateway.storage.types import Int, UtcTime


class WebhookEndpointRow(Row, table=True):
    """An address that hears of what happens."""

    __tablename__ = "webhook_endpoint"
    __table_args__ = (STRICT,)
    id: str = key()
    url: str = column()
    created_at: datetime = column(UtcTime)
    signing_secrets: str = column()
    events: str = column()
    description: str = column()
    failing_since: datetime | None = column(UtcTime, nullable=True)
    disabled_at: datetime | None = column(UtcTime, nullable=True)
    disabled_reason: str | None = column(nullable=True)


class WebhookMessageRow(Row, table=True):
    """What happened, as it is sent."""

    __tablename__ = "webhook_message"
    __table_args__ = (Index(None, "occurred_at", "id"), STRICT)
    id: str = key()
    event: str = column()
    occurred_at: datetime = column(UtcTime)
    body: str = column()


class WebhookSendingRow(Row, table=True):
    """A message on its way to an endpoint."""

    __tablename__ = "webhook_sending"
    __table_args__ = (
        CheckConstraint("status <> 'pending' OR due_at IS NOT NULL", name="pending_is_due"),
        Index(None, "status", "due_at"),
        Index(None, "endpoint_id", "occurred_at"),
        STRICT,
    )
    message_id: str = key(ForeignKey("webhook_message.id"))
    endpoint_id: str = key(ForeignKey("webhook_endpoint.id"))
    occurred_at: datetime = column(UtcTime)
    status: str = column()
    attempts: int = column(Int)
    due_at: datetime | None = column(UtcTime, nullable=True)
    leased_until: datetime | None = column(UtcTime, nullable=True)
    status_code: int | None = column(Int, nullable=True)
    failure: str | None = column(nullable=True)
    settled_at: datetime | None = column(UtcTime, nullable=True)
