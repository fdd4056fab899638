"""Payments that came by another way.

Revision 0024, after 0023.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import column, ints, key, texts, times
from gateway.storage.rows.base import STRICT
from gateway.storage.types import Words

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "recorded_payment",
        key("id"),
        column("invoice_id", Words, sa.ForeignKey("invoice.id")),
        *texts("currency", "received_on", "method", "reference", "actor"),
        *ints("amount_minor", "due_minor"),
        *times("recorded_at"),
        **STRICT,
    )
    op.create_index(op.f("ix_recorded_payment_invoice_id"), "recorded_payment", ["invoice_id"])
