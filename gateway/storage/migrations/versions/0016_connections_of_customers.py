"""Which connection a customer's invoices go to.

Revision 0016, after 0015.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.types import Words

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let every customer that exists have the deployment's."""
    op.add_column("customer", sa.Column("connection", Words, nullable=True))
