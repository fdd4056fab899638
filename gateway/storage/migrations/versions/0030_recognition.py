"""What is earned when.

Revision 0030, after 0029.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import column, ints, key, texts, times
from gateway.storage.rows.base import CLUSTERED, STRICT
from gateway.storage.types import Int, Words

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; what was finalized before is due at once."""
    op.create_table(
        "recognition",
        key("document_id"),
        *texts("legal_entity"),
        column("due_on", nullable=True),
        *ints("entries"),
        **STRICT,
    )
    op.create_index(op.f("ix_recognition_legal_entity_due_on"), "recognition", ["legal_entity", "due_on"])
    op.execute(
        "INSERT INTO recognition (document_id, legal_entity, due_on, entries) "
        "SELECT id, legal_entity, issued_on, 0 FROM invoice WHERE number IS NOT NULL"
    )
    op.create_table(
        "invoice_fact",
        key("invoice_id", Words, sa.ForeignKey("invoice.id")),
        key("ordinal", Int),
        *texts("fact"),
        *times("recorded_at"),
        **CLUSTERED,
    )
    op.create_table(
        "delivered",
        key("invoice_id", Words, sa.ForeignKey("invoice.id")),
        key("line", Int),
        key("day"),
        *ints("amount_minor"),
        **CLUSTERED,
    )
