"""Which provider and account each connection's name stands for.

Revision 0022, after 0021.
"""

from alembic import op

from gateway.storage.columns import key, texts, times
from gateway.storage.rows.base import STRICT

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; a connection is bound when its provider is next talked to."""
    op.create_table(
        "connection_binding",
        key("connection"),
        *texts("provider", "account"),
        *times("bound_at"),
        **STRICT,
    )
