"""What was paid for a grant of credit, where that is not what it gives.

Revision 0035, after 0034.
"""

from alembic import op

from gateway.storage.columns import column
from gateway.storage.types import Int

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it; without it, as of all grants so far, a paid one cost what it gives."""
    op.add_column("credit_grant", column("paid_minor", Int, nullable=True))
