"""What an invoice below zero leaves the customer: a grant of paid credit, which later invoices use."""

from datetime import datetime
from decimal import Decimal

from gateway.core.credits.grant import CreditGrant
from gateway.core.invoicing.invoice import Invoice


def carried_over_grant(invoice: Invoice, at: datetime) -> CreditGrant | None:
    """The grant, for which the id of the invoice stands, so that there is one at most; None where nothing is left."""
    left = invoice.carried_over.amount_minor
    if not left:
        return None
    return CreditGrant(carried_over_grant_id(invoice.id), Decimal(left), at, created_at=at)


def is_carried_over(grant: CreditGrant) -> bool:
    """Whether an invoice left the grant, rather than somebody giving it."""
    return grant.id.startswith(carried_over_grant_id("inv_"))


def carried_over_grant_id(invoice_id: str) -> str:
    """The id of the grant of an invoice."""
    return f"cgr_{invoice_id}"
