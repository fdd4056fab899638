"""Through which day running periods are accrued.

Revision 0031, after 0030.
"""

from alembic import op

from gateway.storage.columns import key, texts
from gateway.storage.rows.base import STRICT

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table("accrual", key("legal_entity"), *texts("through"), **STRICT)
