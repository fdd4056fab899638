"""Journals that accounting systems are sent.

Revision 0032, after 0031.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import column, ints, key, texts, times
from gateway.storage.rows.base import CLUSTERED, STRICT
from gateway.storage.types import Int, Words

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is sent, what it sums, and what comparing it finds."""
    op.create_table(
        "journal",
        key("id"),
        *texts("connection", "legal_entity", "month", "currency"),
        *ints("revision"),
        *texts("number", "accounting_day"),
        *times("made_at"),
        *texts("reverses", "reversed_by", nullable=True),
        sa.UniqueConstraint("connection", "number", name=op.f("uq_journal_connection_number")),
        **STRICT,
    )
    series = ["legal_entity", "month", "connection", "currency"]
    op.create_index(op.f("ix_journal_legal_entity_month_connection_currency"), "journal", series)
    op.create_table(
        "journal_line",
        _of_journal("journal_line"),
        key("ordinal", Int),
        *texts("account", "customer", "classification"),
        *ints("amount_minor"),
        **CLUSTERED,
    )
    op.create_table(
        "journal_part",
        _of_journal("journal_part"),
        key("account"),
        *ints("amount_minor"),
        column("line", Int, nullable=True),
        **CLUSTERED,
    )
    of_entry = sa.ForeignKey("journal_entry.key", name=op.f("fk_journal_source_entry_key"))
    op.create_table("journal_source", _of_journal("journal_source"), key("entry_key", Words, of_entry), **CLUSTERED)
    op.create_index(op.f("ix_journal_source_entry_key"), "journal_source", ["entry_key"])
    op.create_table(
        "journal_comparison",
        *(key(name) for name in ("connection", "legal_entity", "month")),
        *times("requested_at"),
        *times("compared_at", nullable=True),
        *ints("compared"),
        *texts("differences"),
        *texts("fault", nullable=True),
        **CLUSTERED,
    )


def _of_journal(table: str) -> sa.Column[str]:
    return key("journal_id", Words, sa.ForeignKey("journal.id", name=op.f(f"fk_{table}_journal_id")))
