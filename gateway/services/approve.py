"""Let a held invoice go out: a person takes responsibility, and says why."""

from gateway.core.audit import AuditAction
from gateway.core.errors import IllegalTransition
from gateway.core.invoicing.invoice import InvoiceStatus
from gateway.core.ports.storage import UnitOfWork
from gateway.core.reconciliation import Resolution
from gateway.services.audit import record_deed
from gateway.services.installation import Installation
from gateway.services.remember import once


def approve(installation: Installation, invoice_id: str, actor: str, reason: str, idempotency_key: str) -> str:
    """Approve a held invoice as the recount has it; the next billing run finalizes it. Answers with its id.

    Actor, reason and time are kept for ever. Raises `NotFound`, `IllegalTransition` if it is not held, `InvalidValue`
    without a reason, and `KeyReused` if the actor's key came with another request before.
    """
    resolution = Resolution(invoice_id, actor, reason, installation.business_clock.now())
    request = {"request": "approve", "invoice": invoice_id, "reason": reason}
    return once(installation, actor, idempotency_key, request, lambda unit: _approve(unit, installation, resolution))


def _approve(unit: UnitOfWork, installation: Installation, resolution: Resolution) -> str:
    invoice = unit.invoices.lock(resolution.invoice_id)
    if invoice.status is not InvoiceStatus.HELD:
        raise IllegalTransition(f"Invoice {invoice.id} is {invoice.status}; only a held one can be approved")
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
    return invoice.id
