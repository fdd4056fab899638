"""What providers hold of our documents, and where that differs.

Revision 0017, after 0016.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import column, ints, key, texts, times
from gateway.storage.rows.base import STRICT
from gateway.storage.types import UtcTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _held_documents()
    _differences()
    op.create_table(
        "provider_reconciliation",
        key("connection"),
        *times("requested_at", "requested_since", "began_at", "ended_at", nullable=True),
        *ints("compared", "found", "not_ours"),
        *texts("failure", nullable=True),
        **STRICT,
    )


def _held_documents() -> None:
    op.create_table(
        "held_document",
        key("connection"),
        key("kind"),
        key("our_id"),
        *texts("ref", "status", "status_there", "currency"),
        *ints("total_minor", "agreed_total_minor"),
        *ints("tax_minor", "agreed_tax_minor", nullable=True),
        *times("delivered_at", "seen_at"),
        *texts("number", "pay_url", nullable=True),
        **STRICT,
    )
    _index("held_document", "connection", "delivered_at", "our_id")
    _index("held_document", "our_id")


def _differences() -> None:
    op.create_table(
        "provider_difference",
        key("id"),
        *texts("connection", "document_kind", "subject", "document_id", "invoice_id", "ref", "kind", "ours", "theirs"),
        *times("found_at", "seen_at"),
        *texts("state"),
        column("closed_at", UtcTime, nullable=True),
        *texts("actor", "note", nullable=True),
        **STRICT,
    )
    is_open = sa.text("state = 'open'")
    op.create_index(
        "uq_provider_difference_open", "provider_difference", ["connection", "document_kind", "subject", "kind"],
        unique=True, sqlite_where=is_open, postgresql_where=is_open,
    )  # fmt: skip
    _index("provider_difference", "connection", "document_kind", "subject")
    _index("provider_difference", "invoice_id", "state")
    _index("provider_difference", "state", "id")


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))
