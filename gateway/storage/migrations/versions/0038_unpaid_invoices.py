"""Invoices by what became of their payment.

Revision 0038, after 0037.
"""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Find them without reading those that are paid."""
    op.create_index(op.f("ix_invoice_status_payment_status"), "invoice", ["status", "payment_status"])
