"""Discounts and taxes of invoices, credit notes, and who voided what.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import column, ints, key, texts
from gateway.storage.types import Int, UtcTime, Words

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STRICT = {"sqlite_strict": True}


def upgrade() -> None:
    """Give every invoice that exists no discounts and no taxes."""
    op.add_column("invoice", sa.Column("terms", Words, nullable=False, server_default="{}"))
    op.add_column("invoice_line", sa.Column("discounts", Words, nullable=False, server_default="[]"))
    op.add_column("invoice_line", sa.Column("taxes", Words, nullable=False, server_default="[]"))
    _create_credit_notes()
    _create_coupons()
    op.create_table("tax_rule", key("scope"), key("name"), column("rates"), **STRICT)
    op.create_table(
        "voiding",
        key("invoice_id", Words, sa.ForeignKey("invoice.id")),
        *texts("actor", "reason"),
        column("voided_at", UtcTime),
        **STRICT,
    )


def _create_credit_notes() -> None:
    op.create_table(
        "credit_note",
        key("id"),
        column("invoice_id", Words, sa.ForeignKey("invoice.id")),
        column("customer", Words, sa.ForeignKey("customer.key")),
        *texts("number", "currency", "issued_on", "reason", "dispositions"),
        column("total_minor", Int),
        column("created_at", UtcTime),
        sa.UniqueConstraint("number"),
        **STRICT,
    )
    op.create_index(op.f("ix_credit_note_invoice_id"), "credit_note", ["invoice_id"])
    op.create_index(op.f("ix_credit_note_customer_id"), "credit_note", ["customer", "id"])
    op.create_table(
        "credit_note_line",
        key("credit_note_id", Words, sa.ForeignKey("credit_note.id")),
        key("line", Int),
        *ints("amount_minor", "discount_minor"),
        column("taxes"),
        **STRICT,
    )


def _create_coupons() -> None:
    op.create_table("coupon", key("key"), column("definition"), column("created_at", UtcTime), **STRICT)
    op.create_table(
        "redemption",
        key("coupon", Words, sa.ForeignKey("coupon.key")),
        key("customer", Words, sa.ForeignKey("customer.key")),
        column("redeemed_at", UtcTime),
        **STRICT,
    )
    op.create_index(op.f("ix_redemption_customer"), "redemption", ["customer"])
    op.create_table(
        "coupon_use",
        key("invoice_id", Words, sa.ForeignKey("invoice.id")),
        key("coupon"),
        column("customer"),
        **STRICT,
    )
    op.create_index(op.f("ix_coupon_use_coupon_customer"), "coupon_use", ["coupon", "customer"])
