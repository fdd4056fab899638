"""The shadow run.

Revision 0023, after 0022.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import ints, key, texts, times
from gateway.storage.rows.base import STRICT
from gateway.storage.types import Words

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "shadow_quote",
        key("connection"),
        key("invoice_id", Words, sa.ForeignKey("invoice.id")),
        *times("finalized_at", "due_at"),
        *texts("status"),
        *ints("attempts"),
        *texts("currency", nullable=True),
        *ints("total_minor", "tax_minor", "line_count", nullable=True),
        *ints("their_total_minor", "their_tax_minor", "their_line_count", nullable=True),
        *texts("reason", nullable=True),
        *times("quoted_at", nullable=True),
        **STRICT,
    )
    for columns in (["connection", "status", "due_at"], ["connection", "finalized_at", "invoice_id"]):
        op.create_index(op.f(f"ix_shadow_quote_{'_'.join(columns)}"), "shadow_quote", columns)
