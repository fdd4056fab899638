"""Who numbers the legal invoice.

Revision 0026, after 0025.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.types import Words

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of all that were made before it was the gateway."""
    op.add_column("invoice", sa.Column("numbered_by", Words, nullable=False, server_default="gateway"))
