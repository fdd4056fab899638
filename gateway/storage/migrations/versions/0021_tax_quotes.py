"""Taxes that providers quoted.

Revision 0021, after 0020.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import key, texts
from gateway.storage.rows.base import STRICT
from gateway.storage.types import Words

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table("tax_quote", key("invoice_id", Words, sa.ForeignKey("invoice.id")), *texts("quote"), **STRICT)
