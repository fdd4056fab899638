"""Void an invoice: its entry is reversed and its boundary can be billed again; the document and its number stay."""

from gateway.core.audit import AuditAction
from gateway.core.delivery import DeliveryStatus, voided_document
from gateway.core.errors import IllegalTransition
from gateway.core.gate.review import Decision
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus, PaymentStatus
from gateway.core.ports.credit_notes import Voiding
from gateway.core.ports.storage import UnitOfWork
from gateway.core.webhooks import WebhookEvent
from gateway.services.announce import announce
from gateway.services.audit import record_deed
from gateway.services.carry_over import take_back_carried_over
from gateway.services.enqueue import enqueue
from gateway.services.installation import Installation
from gateway.services.post_revenue import post_today
from gateway.services.provider_differences import compare_again
from gateway.services.remember import once
from gateway.services.return_credit import return_credit_of
from gateway.services.review import close_review_of


def void_invoice(installation: Installation, invoice_id: str, actor: str, reason: str, idempotency_key: str) -> str:
    """Void an invoice that is not paid and has no credit notes; answers with its id.

    One that was finalized keeps its number, its entry is reversed today, credit that paid it comes back, and the
    provider is to be told. The next billing run bills its boundary again. Raises `NotFound`, `InvalidValue` without a
    reason, `IllegalTransition` if it is void, paid or credited, or if a later one takes off what it billed, and
    `KeyReused`.
    """
    voiding = Voiding(invoice_id, actor, reason, installation.business_clock.now())
    request = {"request": "void", "invoice": invoice_id, "reason": reason}
    delivery_id = installation.ids.new("dlv")
    return once(
        installation,
        actor,
        idempotency_key,
        request,
        lambda unit: void_within(unit, installation, voiding, delivery_id),
    )


def void_within(unit: UnitOfWork, installation: Installation, voiding: Voiding, delivery_id: str) -> str:
    """The same within a transaction."""
    invoice = unit.invoices.lock(voiding.invoice_id)
    _require_voidable(unit, invoice)
    voided = invoice.moved_to(InvoiceStatus.VOID)
    unit.invoices.update_status(voided)
    unit.credit_notes.add_voiding(voiding)
    close_review_of(unit, installation, invoice.id, voiding.actor, Decision.RE_RATE)
    if invoice.status is InvoiceStatus.FINALIZED:
        post_today(unit, invoice, "invoice-voided", voiding.voided_at)
        return_credit_of(unit, invoice, voiding.voided_at)
        take_back_carried_over(unit, invoice, voiding.voided_at)
        if invoice.lines:
            _tell_the_provider(unit, installation, invoice, delivery_id)
    compare_again(unit, installation, voided)
    announce(unit, installation, WebhookEvent.INVOICE_VOIDED, voided)
    record_deed(
        unit,
        installation,
        voiding.actor,
        AuditAction.INVOICE_VOIDED,
        invoice.id,
        customer=invoice.customer,
        reason=voiding.reason,
        details={"number": invoice.number, "total": f"{invoice.total} {invoice.currency}"},
    )
    return invoice.id


def _tell_the_provider(unit: UnitOfWork, installation: Installation, invoice: Invoice, delivery_id: str) -> None:
    """Queue it where the invoice was queued; what was parked of the invoice waits for nobody any more."""
    now = installation.system_clock.now()
    enqueue(unit, installation, delivery_id, voided_document(invoice.id), invoice)
    for delivery in unit.deliveries.by_document([invoice.id]).get(invoice.id, []):
        if delivery.status is DeliveryStatus.PARKED:
            unit.deliveries.resume(delivery.id, now)


def _require_voidable(unit: UnitOfWork, invoice: Invoice) -> None:
    is_paid_by_credit = unit.credits.paid_for([invoice.id]).get(invoice.id, 0) == invoice.payable.amount_minor
    if invoice.payment_status is PaymentStatus.PAID and not is_paid_by_credit:
        raise IllegalTransition(f"Invoice {invoice.id} is paid and cannot become void; give it back by a credit note")
    if later := unit.invoices.taking_off(invoice):
        names = " and ".join(each.number or each.id for each in later)
        raise IllegalTransition(
            f"Invoice {invoice.id} cannot become void, because {names} bills the same usage less what it billed;"
            " void that first"
        )
    if unit.rerating.of_invoices([invoice.id]):
        raise IllegalTransition(
            f"Invoice {invoice.id} was re-rated and cannot become void, because that would bill its period again;"
            " credit what is left of it"
        )
    if unit.credit_notes.of_invoices([invoice.id]):
        raise IllegalTransition(f"Invoice {invoice.id} has credit notes and cannot become void; credit the rest of it")
