"""What a live count keeps beside its total, for aggregations that need more.

Revision 0002, after 0001.
"""

from alembic import op

from gateway.storage.columns import column

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column that stays empty for counts and sums."""
    op.add_column("live_count", column("kept", nullable=True))
