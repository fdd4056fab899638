"""The paces of connections.

Revision 0020, after 0019.
"""

from alembic import op

from gateway.storage.columns import key, texts
from gateway.storage.rows.base import STRICT

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table("connection_pace", key("connection"), *texts("turns"), **STRICT)
