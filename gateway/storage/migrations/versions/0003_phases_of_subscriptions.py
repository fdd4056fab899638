"""Phases of subscriptions: a change is another row, which names the first one.

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import column
from gateway.storage.types import Int, UtcTime, Words

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every subscription the first and only phase of itself."""
    op.add_column("subscription", sa.Column("status", Words, nullable=False, server_default="active"))
    op.add_column("subscription", column("phase_of", nullable=True))
    op.add_column("subscription", sa.Column("sequence", Int, nullable=False, server_default="0"))
    op.add_column("subscription", sa.Column("keeps_fees", Int, nullable=False, server_default="0"))
    op.add_column("subscription", column("recorded_at", UtcTime, nullable=True))
    op.create_index(op.f("ix_subscription_phase_of"), "subscription", ["phase_of"])
