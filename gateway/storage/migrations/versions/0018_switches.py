"""Switches of customers to other connections.

Revision 0018, after 0017.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import column, ints, key, texts, times
from gateway.storage.rows.base import STRICT
from gateway.storage.types import Words

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "provider_switch",
        key("id"),
        *texts("target", "actor"),
        *times("begun_at"),
        **STRICT,
    )
    op.create_index(op.f("ix_provider_switch_begun_at_id"), "provider_switch", ["begun_at", "id"])
    op.create_table(
        "customer_move",
        key("id"),
        column("switch_id", Words, sa.ForeignKey("provider_switch.id")),
        *texts("customer", "from_connection", "to_connection"),
        *times("ended_at", nullable=True),
        *ints("is_moved"),
        **STRICT,
    )
    op.create_index(op.f("ix_customer_move_switch_id_customer"), "customer_move", ["switch_id", "customer"])
    op.create_index(op.f("ix_customer_move_customer_ended_at"), "customer_move", ["customer", "ended_at"])
