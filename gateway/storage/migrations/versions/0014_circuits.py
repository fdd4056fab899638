"""The circuits of connections.

Revision 0014, after 0013.
"""

from alembic import op

from gateway.storage.columns import column, key
from gateway.storage.rows.base import STRICT
from gateway.storage.types import Int, UtcTime, Words

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "connection_circuit",
        key("connection"),
        column("failures", Int),
        column("open_until", UtcTime, nullable=True),
        column("reason", Words, nullable=True),
        **STRICT,
    )
