"""Wallets, their grants, and what moved.

Revision 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import column, ints, key, texts, times
from gateway.storage.rows.base import STRICT
from gateway.storage.types import ExactDecimal, Int, Words

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_wallet()
    _create_credit_grant()
    _create_credit_movement()


def _create_wallet() -> None:
    op.create_table(
        "wallet",
        key("id"),
        column("customer", Words, sa.ForeignKey("customer.key")),
        *texts("key", "currency", "name", "line_kinds", "meters", "overage_by_cause"),
        *ints("priority", "overage_max", "movements"),
        column("rate", ExactDecimal),
        column("resets", nullable=True),
        *times("created_at", "settled_at"),
        *times("next_due_at", nullable=True),
        sa.UniqueConstraint("customer", "key"),
        **STRICT,
    )
    op.create_index(op.f("ix_wallet_next_due_at"), "wallet", ["next_due_at"])


def _create_credit_grant() -> None:
    op.create_table(
        "credit_grant",
        key("id"),
        column("wallet_id", Words, sa.ForeignKey("wallet.id")),
        *ints("amount_minor", "priority"),
        column("balance_minor", Int, nullable=True),
        *texts("category", "reason"),
        *times("effective_at", "created_at"),
        *times("expires_at", "voided_at", "revoked_at", nullable=True),
        *texts("refills", "roll_over", nullable=True),
        sa.CheckConstraint("amount_minor > 0", name="grants_something"),
        sa.CheckConstraint("balance_minor >= 0", name="never_overdrawn"),
        **STRICT,
    )
    op.create_index(op.f("ix_credit_grant_wallet_id_id"), "credit_grant", ["wallet_id", "id"])


def _create_credit_movement() -> None:
    op.create_table(
        "credit_movement",
        key("wallet_id", Words, sa.ForeignKey("wallet.id")),
        key("ordinal", Int),
        *times("moved_at", "recorded_at"),
        column("kind"),
        column("amount_minor", Int),
        *texts("grant_id", "cause", nullable=True),
        sa.CheckConstraint("amount_minor > 0", name="moves_something"),
        **STRICT,
    )
    op.create_index(op.f("ix_credit_movement_cause"), "credit_movement", ["cause"])
