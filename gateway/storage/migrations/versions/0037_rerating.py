"""Re-rating of billed periods.

Revision 0037, after 0036.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import column, ints, key, texts, times
from gateway.storage.rows.base import CLUSTERED, STRICT
from gateway.storage.types import ExactDecimal, Int, Words

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add jobs, what they found, and which invoices bill it."""
    op.create_table(
        "rerate_job",
        key("id"),
        *texts("actor", "reason", "selection", "changes"),
        *ints("is_billed_at_once"),
        *texts("disposition", nullable=True),
        *times("created_at"),
        *times("finished_at", nullable=True),
        **STRICT,
    )
    op.create_index(op.f("ix_rerate_job_created_at_id"), "rerate_job", ["created_at", "id"])
    op.create_table(
        "rerate_item",
        key("job_id", Words, _names("rerate_item", "job_id", "rerate_job.id")),
        key("invoice_id", Words, _names("rerate_item", "invoice_id", "invoice.id")),
        *texts("outcome", "detail"),
        *texts("revision_id", nullable=True),
        **CLUSTERED,
    )
    op.create_index(
        op.f("ix_rerate_item_job_id_outcome_invoice_id"), "rerate_item", ["job_id", "outcome", "invoice_id"]
    )
    op.create_table(
        "revision",
        key("id"),
        column("invoice_id", Words, _names("revision", "invoice_id", "invoice.id")),
        *ints("number"),
        column("job_id", Words, _names("revision", "job_id", "rerate_job.id")),
        *ints("cut_off"),
        *texts("meter_versions"),
        *ints("plan_version"),
        *texts("currency"),
        *times("created_at"),
        column("credit_note_id", Words, _names("revision", "credit_note_id", "credit_note.id"), nullable=True),
        sa.UniqueConstraint("invoice_id", "number", name=op.f("uq_revision_invoice_id_number")),
        **STRICT,
    )
    op.create_table(
        "revision_line",
        key("revision_id", Words, _names("revision_line", "revision_id", "revision.id")),
        key("ordinal", Int),
        *texts("booked_as", "price", "description"),
        *times("period_start", "period_end"),
        column("quantity", ExactDecimal),
        *ints("amount_minor"),
        *texts("exact_amount", "steps", "timing", "dimensions"),
        column("meter", nullable=True),
        column("meter_version", Int, nullable=True),
        *texts("discounts", "taxes"),
        **CLUSTERED,
    )
    op.create_table(
        "billed_adjustment",
        key("invoice_id", Words, _names("billed_adjustment", "invoice_id", "invoice.id")),
        key("place", Int),
        column("revision_id", Words, _names("billed_adjustment", "revision_id", "revision.id")),
        *ints("ordinal"),
        **CLUSTERED,
    )
    op.create_index(op.f("ix_billed_adjustment_revision_id_ordinal"), "billed_adjustment", ["revision_id", "ordinal"])


def _names(table: str, place: str, target: str) -> sa.ForeignKey:
    return sa.ForeignKey(target, name=op.f(f"fk_{table}_{place}"))
