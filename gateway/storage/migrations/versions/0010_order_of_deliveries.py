"""Which invoice a delivery is about and its place among those, and what paid an invoice.

Revision 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.types import Int, Words

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put what was queued about an invoice behind the invoice itself."""
    op.add_column("invoice", sa.Column("paid_by", Words, nullable=True))
    op.add_column("delivery", sa.Column("invoice_id", Words, nullable=False, server_default=""))
    op.add_column("delivery", sa.Column("ordinal", Int, nullable=False, server_default="0"))
    op.execute("UPDATE delivery SET invoice_id = document_id")
    op.execute(
        "UPDATE delivery SET ordinal = 1, invoice_id = substr(document_id, 1, length(document_id) - 5)"
        " WHERE document_id LIKE '%/void'"
    )
    op.execute(
        "UPDATE delivery SET ordinal = 1, invoice_id ="
        " coalesce((SELECT invoice_id FROM credit_note WHERE credit_note.id = delivery.document_id), document_id)"
        " WHERE substr(document_id, 1, 3) = 'cn_'"
    )
    op.create_index(op.f("ix_delivery_invoice_id_ordinal"), "delivery", ["invoice_id", "ordinal"])
