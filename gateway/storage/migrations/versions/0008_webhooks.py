"""Webhooks that the gateway sends: endpoints, messages, and each message on its way to each endpoint.

Revision 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import column, ints, key, texts, times
from gateway.storage.rows.base import STRICT
from gateway.storage.types import Int, UtcTime, Words

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "webhook_endpoint",
        key("id"),
        *texts("url", "signing_secrets", "events", "description"),
        column("created_at", UtcTime),
        *times("failing_since", "disabled_at", nullable=True),
        column("disabled_reason", nullable=True),
        **STRICT,
    )
    op.create_table("webhook_message", key("id"), *texts("event", "body"), column("occurred_at", UtcTime), **STRICT)
    op.create_index(op.f("ix_webhook_message_occurred_at_id"), "webhook_message", ["occurred_at", "id"])
    op.create_table(
        "webhook_sending",
        key("message_id", Words, sa.ForeignKey("webhook_message.id")),
        key("endpoint_id", Words, sa.ForeignKey("webhook_endpoint.id")),
        column("occurred_at", UtcTime),
        column("status"),
        *ints("attempts"),
        *times("due_at", "leased_until", "settled_at", nullable=True),
        column("status_code", Int, nullable=True),
        column("failure", nullable=True),
        sa.CheckConstraint("status <> 'pending' OR due_at IS NOT NULL", name="pending_is_due"),
        **STRICT,
    )
    op.create_index(op.f("ix_webhook_sending_status_due_at"), "webhook_sending", ["status", "due_at"])
    op.create_index(
        op.f("ix_webhook_sending_endpoint_id_occurred_at"), "webhook_sending", ["endpoint_id", "occurred_at"]
    )
