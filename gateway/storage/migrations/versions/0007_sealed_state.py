"""The sealed state of connections.

Revision 0007, after 0006.
"""

from alembic import op

from gateway.storage.columns import column, key
from gateway.storage.rows.base import STRICT
from gateway.storage.types import Int

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table("connection_state", key("connection"), column("version", Int), column("sealed"), **STRICT)
