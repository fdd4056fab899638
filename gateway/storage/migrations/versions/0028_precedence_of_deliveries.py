"""Which deliveries go before others.

Revision 0028, after 0027.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.types import Int

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let moves of customers wait for documents."""
    op.add_column("delivery", sa.Column("precedence", Int, nullable=False, server_default="0"))
    op.execute("UPDATE delivery SET precedence = 1 WHERE substr(document_id, 1, 4) = 'mov_'")
    op.drop_index(op.f("ix_delivery_connection_status_due_at"), table_name="delivery")
    claimed_by = ["connection", "status", "precedence", "due_at", "id"]
    op.create_index(op.f("ix_delivery_connection_status_precedence_due_at_id"), "delivery", claimed_by)
