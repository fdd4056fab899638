"""Feeds: journal entries and changes of invoices, numbered for exports, and the changes of live counts.

Revision 0034, after 0033.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import column, ints, key, texts, times
from gateway.storage.rows.base import CLUSTERED, STRICT
from gateway.storage.types import Int, Words

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Number what there is, in the order in which it happened."""
    op.create_table("feed_head", key("feed"), *ints("position"), **CLUSTERED)
    of_entry = sa.ForeignKey("journal_entry.key", name=op.f("fk_numbered_entry_entry_key"))
    op.create_table(
        "numbered_entry",
        key("position", Int),
        column("entry_key", Words, of_entry),
        sa.UniqueConstraint("entry_key", name=op.f("uq_numbered_entry_entry_key")),
        **STRICT,
    )
    of_invoice = sa.ForeignKey("invoice.id", name=op.f("fk_invoice_change_invoice_id"))
    op.create_table(
        "invoice_change",
        key("position", Int),
        column("invoice_id", Words, of_invoice),
        *texts("kind"),
        *times("changed_at", nullable=True),
        *texts("payment_status", "paid_by", "credit_note_id", nullable=True),
        **STRICT,
    )
    op.execute(_ENTRIES)
    op.execute(_CHANGES)
    for feed, table in (("entries", "numbered_entry"), ("invoices", "invoice_change")):
        op.execute(f"INSERT INTO feed_head SELECT '{feed}', count(*) FROM {table}")  # noqa: S608 - names of our own
    for table in ("projection", "live_count"):
        op.add_column(table, sa.Column("revision", Int, nullable=False, server_default="0"))
    # What was counted before is a change too.
    op.execute("UPDATE live_count SET revision = 1")
    op.execute("UPDATE projection SET revision = 1")
    op.create_table("live_forgotten", key("subscription_id"), *ints("revision"), **CLUSTERED)


_ENTRIES = """
    INSERT INTO numbered_entry SELECT row_number() OVER (ORDER BY posted_at, key), key FROM journal_entry
    """
# An invoice is final before anything else happens to it; when it was paid, nobody wrote down.
_CHANGES = """
    INSERT INTO invoice_change
    SELECT row_number() OVER (ORDER BY is_payment, changed_at, place, invoice_id, credit_note_id),
        invoice_id, kind, CASE WHEN is_payment = 0 THEN changed_at END, payment_status, paid_by, credit_note_id
    FROM (
        SELECT id AS invoice_id, 'finalized' AS kind, finalized_at AS changed_at, NULL AS payment_status,
            NULL AS paid_by, NULL AS credit_note_id, 0 AS place, 0 AS is_payment
        FROM invoice WHERE finalized_at IS NOT NULL
        UNION ALL SELECT invoice_id, 'credited', created_at, NULL, NULL, id, 1, 0 FROM credit_note
        UNION ALL SELECT invoice_id, 'voided', voided_at, NULL, NULL, NULL, 2, 0
        FROM voiding JOIN invoice ON invoice.id = voiding.invoice_id WHERE invoice.finalized_at IS NOT NULL
        UNION ALL SELECT id, 'payment', finalized_at, payment_status, paid_by, NULL, 3, 1
        FROM invoice WHERE finalized_at IS NOT NULL AND payment_status <> 'unpaid'
    ) AS happened
    """
