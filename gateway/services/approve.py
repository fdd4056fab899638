"""Let a held invoice go out: a person takes responsibility, and says why."""

from gateway.core.audit import AuditAction
from gateway.core.gate.discrepancy import Resolution
from gateway.core.invoicing.invoice import InvoiceStatus
from gateway.core.ports.storage import UnitOfWork
from gateway.services.audit import record_deed
from gateway.services.installation import Installation


def approve_within(unit: UnitOfWork, installation: Installation, resolution: Resolution) -> None:
    """Approve a held invoice as the recount has it; the next billing run finalizes it.

    Actor, reason and time are kept for ever. Raises `NotFound`, and `IllegalTransition` if it is not held.
    """
    invoice = unit.invoices.lock(resolution.invoice_id)
    unit.invoices.update_status(invoice.moved_to(InvoiceStatus.APPROVED))
    unit.invoices.resolve(resolution)
    record_deed(
        unit,
        installation,
        resolution.actor,
        AuditAction.INVOICE_APPROVED,
        invoice.id,
        customer=invoice.customer,
        reason=resolution.reason,
    )
