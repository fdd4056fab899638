"""Which credit grants can give nothing any more, so that using a wallet does not read them.

Revision 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.types import Int

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Mark what is used up; what ended with nothing left is marked when its wallet is next brought up to date."""
    op.add_column("credit_grant", sa.Column("is_spent", Int, nullable=False, server_default="0"))
    op.execute("UPDATE credit_grant SET is_spent = 1 WHERE balance_minor = 0 AND refills IS NULL AND roll_over IS NULL")
    op.create_index(op.f("ix_credit_grant_wallet_id_is_spent"), "credit_grant", ["wallet_id", "is_spent"])
