"""Which invoices billed a part of an invoice's usage before.

Revision 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.types import Words

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give every invoice that exists none."""
    op.add_column("invoice", sa.Column("billed_before", Words, nullable=False, server_default="[]"))
