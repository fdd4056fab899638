"""The holds on connections.

Revision 0015, after 0014.
"""

from alembic import op

from gateway.storage.columns import ints, key, texts, times
from gateway.storage.rows.base import STRICT

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "connection_hold",
        key("connection"),
        *texts("reason", "remedy"),
        *times("held_at", "probe_at"),
        *ints("probes"),
        **STRICT,
    )
