"""Deliver a payment that came by another way."""

from gateway.core.delivery import Step, delivered_invoice, delivered_payment
from gateway.core.ports.storage import UnitOfWork
from gateway.plugin_api import DocumentKind, NeedsAttention, PaymentDocument
from gateway.plugin_guard.fit import require_payment_fits
from gateway.services.delivery_documents import require_ours
from gateway.services.delivery_errand import DeliveryReport, Errand
from gateway.services.follow_provider import take_over
from gateway.services.settle_delivery import SETTLE


class PaymentErrand(Errand):
    """The provider records the payment, by its id once, and says what is paid by then."""

    def run(self) -> DeliveryReport:
        """See `Errand.run`."""
        invoice_id, ref, payment = self.installation.storage.read(self._load)
        require_payment_fits(payment, self.provider.capabilities)
        key = self.begin(Step.PAYMENT, DocumentKind.INVOICE, payment.id)
        paid = require_ours(self.provider.record_payment(ref, payment, key), DocumentKind.INVOICE, invoice_id)

        def work(unit: UnitOfWork) -> None:
            self.note_answer(unit, Step.PAYMENT, paid)
            take_over(unit, self.installation, self.delivery.connection, [paid])

        return self.conclude(work)

    def _load(self, unit: UnitOfWork) -> tuple[str, str, PaymentDocument]:
        self.steps = unit.deliveries.steps(self.delivery.id)
        invoice_id, payment_id = delivered_invoice(self.delivery.document_id), self.delivery.document_id
        assert invoice_id is not None, "a payment names its invoice"
        refs = unit.deliveries.refs(self.delivery.connection, DocumentKind.INVOICE, [invoice_id])
        if invoice_id not in refs:
            raise NeedsAttention(
                f"Invoice {invoice_id} is not at the connection {self.delivery.connection}",
                f"record the payment by hand where the invoice is, then {SETTLE}; it is kept here",
            )
        payments = {each.id: each for each in unit.invoices.payments([invoice_id])[invoice_id]}
        made = payments[delivered_payment(payment_id)]
        document = PaymentDocument(made.id, made.amount, made.due, made.received_on, made.method, made.reference)
        return invoice_id, refs[invoice_id], document
