"""Legal entities, and which of them issues invoices, keeps books and owns a series of numbers.

Revision 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import column, key
from gateway.storage.rows.base import STRICT
from gateway.storage.types import Int, UtcTime, Words

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give everything that exists to the default entity, which nobody has described yet."""
    op.create_table(
        "legal_entity_version",
        key("legal_entity"),
        key("version", Int),
        column("definition"),
        column("recorded_at", UtcTime),
        **STRICT,
    )
    op.execute(
        "INSERT INTO legal_entity_version (legal_entity, version, definition, recorded_at) "
        """VALUES ('default', 1, '{"key": "default"}', 0)"""
    )
    for table in ("customer", "invoice", "credit_note", "journal_entry", "number_series"):
        op.add_column(table, sa.Column("legal_entity", Words, nullable=False, server_default="default"))
    op.add_column("credit_note", sa.Column("legal_entity_version", Int, nullable=False, server_default="1"))
    op.add_column("invoice", sa.Column("legal_entity_version", Int, nullable=True))
    op.execute("UPDATE invoice SET legal_entity_version = 1 WHERE finalized_at IS NOT NULL")
    op.create_index(op.f("ix_invoice_legal_entity_issued_on_id"), "invoice", ["legal_entity", "issued_on", "id"])
