"""Record a payment that came by another way: it is kept, and the provider is told."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from gateway.core.delivery import payment_document
from gateway.core.errors import IllegalTransition, InvalidValue
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus, PaymentStatus
from gateway.core.invoicing.recorded_payments import RecordedPayment
from gateway.core.money import Money
from gateway.core.ports.storage import UnitOfWork
from gateway.services.amounts_due import due_of
from gateway.services.book_payment import book_recorded_payment
from gateway.services.enqueue import enqueue
from gateway.services.installation import Installation
from gateway.services.remember import once


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """What came for an invoice; all that is due without an `amount_minor`."""

    invoice_id: str
    received_on: date
    amount_minor: int | None = None
    method: str = ""
    reference: str = ""


def record_payment(installation: Installation, request: PaymentRequest, actor: str, idempotency_key: str) -> str:
    """Keep a payment and queue it for the provider, whose answer makes the invoice paid; answers with the payment's id.

    Raises `NotFound`, `IllegalTransition` if the invoice is not final or is paid, `InvalidValue` for more than is due,
    and `KeyReused`.
    """
    asked = {"request": "payment", **{name: str(getattr(request, name)) for name in PaymentRequest.__slots__}}
    payment_id, delivery_id = installation.ids.new("pay"), installation.ids.new("dlv")

    def work(unit: UnitOfWork) -> str:
        invoice = unit.invoices.lock(request.invoice_id)
        payment = _payment(unit, installation, invoice, request, payment_id, actor)
        unit.invoices.add_payment(payment)
        book_recorded_payment(unit, invoice, payment)
        enqueue(unit, installation, delivery_id, payment_document(invoice.id, payment.id), invoice)
        return payment.id

    return once(installation, actor, idempotency_key, asked, work)


def _payment(
    unit: UnitOfWork,
    installation: Installation,
    invoice: Invoice,
    request: PaymentRequest,
    payment_id: str,
    actor: str,
) -> RecordedPayment:
    due = due_of(unit, invoice)
    if invoice.status is not InvoiceStatus.FINALIZED or invoice.payment_status is PaymentStatus.PAID:
        state = invoice.payment_status if invoice.status is InvoiceStatus.FINALIZED else invoice.status
        raise IllegalTransition(f"Invoice {invoice.id} is {state}; only a final one that is not paid takes payments")
    amount = due if request.amount_minor is None else Money(request.amount_minor, invoice.currency)
    return RecordedPayment(
        id=payment_id,
        invoice_id=invoice.id,
        amount=amount,
        due=due,
        received_on=request.received_on,
        method=request.method,
        reference=request.reference,
        actor=actor,
        recorded_at=installation.business_clock.now(),
    )


def whole_minor(amount: Decimal, currency: str) -> int:
    """An amount in minor units. Raises `InvalidValue` if it is not whole."""
    money = Money.rounded(amount, currency)
    if money.amount != amount:
        raise InvalidValue(f"{amount} has more places than {currency}; record whole minor units")
    return money.amount_minor
