"""Addresses, registrations and payment terms of customers; whom an invoice is for, and when it is due.

Revision 0019, after 0018.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.types import Int, Words

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Customers that exist have none, and invoices that are final say what they said."""
    for name in ("address", "tax_ids"):
        op.add_column("customer", sa.Column(name, Words, nullable=False, server_default="[]"))
    op.add_column("customer", sa.Column("country", Words, nullable=True))
    op.add_column("customer", sa.Column("payment_days", Int, nullable=True))
    for name in ("addressee", "due_on"):
        op.add_column("invoice", sa.Column(name, Words, nullable=True))
