"""The audit log: who did what to what.

Revision 0033, after 0032.
"""

from alembic import op

from gateway.storage.columns import key, texts, times
from gateway.storage.rows.base import STRICT

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the log, empty: what was done before is where it was kept then."""
    op.create_table(
        "audit_entry",
        key("id"),
        *times("at"),
        *texts("actor", "action", "subject"),
        *texts("customer", "reason", nullable=True),
        *texts("details"),
        **STRICT,
    )
    for columns in (["at", "id"], ["subject", "at"], ["customer", "at"], ["actor", "at"]):
        op.create_index(op.f(f"ix_audit_entry_{'_'.join(columns)}"), "audit_entry", columns)
