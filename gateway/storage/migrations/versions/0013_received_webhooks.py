"""Webhooks that providers send.

Revision 0013, after 0012.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import column, ints, key, texts, times
from gateway.storage.rows.base import STRICT
from gateway.storage.types import UtcTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "received_webhook",
        key("connection"),
        key("event_id"),
        *texts("type", "ref", "status"),
        *texts("kind", "reason", nullable=True),
        *ints("attempts"),
        column("received_at", UtcTime),
        *times("due_at", "leased_until", nullable=True),
        sa.CheckConstraint("status <> 'pending' OR due_at IS NOT NULL", name="pending_is_due"),
        **STRICT,
    )
    for columns in (("connection", "status", "due_at"), ("received_at",)):
        op.create_index(op.f(f"ix_received_webhook_{'_'.join(columns)}"), "received_webhook", list(columns))
