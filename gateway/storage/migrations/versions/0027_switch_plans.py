"""Plans of switches, made on request.

Revision 0027, after 0026.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import ints, key, texts, times
from gateway.storage.rows.base import STRICT
from gateway.storage.types import Int, Words

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "switch_plan",
        key("id"),
        *texts("target"),
        *texts("customers", nullable=True),
        *texts("actor"),
        *times("requested_at"),
        *ints("done"),
        *ints("total", nullable=True),
        *times("ended_at", nullable=True),
        *texts("failure", nullable=True),
        *texts("unasked"),
        **STRICT,
    )
    op.create_index(op.f("ix_switch_plan_target_ended_at"), "switch_plan", ["target", "ended_at"])
    op.create_table(
        "switch_plan_part",
        key("plan_id", Words, sa.ForeignKey("switch_plan.id")),
        key("kind"),
        key("ordinal", Int),
        *texts("severity", "body"),
        **STRICT,
    )
