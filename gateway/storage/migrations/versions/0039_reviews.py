"""Reviews of what waits for a person, and the evidence of what holds an invoice.

Revision 0039, after 0038.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import key, texts, times
from gateway.storage.rows.base import STRICT
from gateway.storage.types import Words

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, with a review of everything that waits now."""
    op.add_column("discrepancy", sa.Column("events", Words, nullable=False, server_default="[]"))
    op.add_column("discrepancy", sa.Column("cause", Words, nullable=True))
    op.create_table(
        "review",
        key("id"),
        *texts("kind", "subject"),
        *times("opened_at"),
        *texts("customer", nullable=True),
        *texts("status"),
        *texts("assignee", nullable=True),
        *times("waits_until", nullable=True),
        *texts("decision", "decided_by", nullable=True),
        *times("resolved_at", nullable=True),
        **STRICT,
    )
    for columns in (["subject", "opened_at"], ["status", "opened_at"], ["customer", "opened_at"]):
        op.create_index(op.f(f"ix_review_{'_'.join(columns)}"), "review", columns)
    unresolved = sa.text("status <> 'resolved'")
    op.create_index(
        op.f("uq_review_unresolved"),
        "review",
        ["subject"],
        unique=True,
        sqlite_where=unresolved,
        postgresql_where=unresolved,
    )
    op.execute(_HELD)
    op.execute(_DIFFERENCES)


_HELD = """
    INSERT INTO review (id, kind, subject, opened_at, customer, status)
    SELECT 'rev_' || substr(id, 5), 'invoice', id, boundary_at, customer, 'open' FROM invoice WHERE status = 'held'
    """
_DIFFERENCES = """
    INSERT INTO review (id, kind, subject, opened_at, customer, status)
    SELECT 'rev_' || substr(difference.id, 5), 'provider_difference', difference.id, found_at, customer, 'open'
    FROM provider_difference AS difference LEFT JOIN invoice ON invoice.id = invoice_id
    WHERE state = 'open'
    """
