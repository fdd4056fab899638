"""Links of customers to what providers have of them under other ids.

Revision 0025, after 0024.
"""

from alembic import op

from gateway.storage.columns import key, texts, times
from gateway.storage.rows.base import STRICT

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "customer_link",
        key("id"),
        *texts("customer", "connection", "ref", "actor"),
        *times("asked_at"),
        **STRICT,
    )
