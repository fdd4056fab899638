"""Which entry of the log voids or replaces which event.

Revision 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import column, key, texts
from gateway.storage.rows.base import STRICT
from gateway.storage.types import Int, UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "event_correction",
        key("position", Int),
        column("corrects", Int),
        *texts("customer", "kind", "reason", "actor"),
        column("recorded_at", UtcTime),
        sa.UniqueConstraint("corrects"),
        sa.CheckConstraint("corrects < position", name="corrects_what_came_before"),
        **STRICT,
    )
