"""Deliver that an invoice is void."""

from gateway.core.delivery import Step, delivered_invoice
from gateway.core.invoicing.invoice import PaymentStatus
from gateway.core.ports.storage import UnitOfWork
from gateway.plugin_api import (
    Ambiguous,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    NeedsAttention,
    Permanent,
    Unsupported,
)
from gateway.services.delivery_documents import require_ours
from gateway.services.delivery_errand import DeliveryReport, Errand


class VoidingErrand(Errand):
    """An invoice that is void here is voided there, unless it never got there."""

    def run(self) -> DeliveryReport:
        """See `Errand.run`."""
        invoice_id, ref, reason = self.installation.storage.read(self._load)
        if ref is None:
            return self.conclude(lambda _: None, "The invoice was void before it was delivered")
        void = self._void(invoice_id, ref, reason)

        def work(unit: UnitOfWork) -> None:
            if void is not None:
                self.note_answer(unit, Step.VOID, void)
            unit.invoices.update_payment(invoice_id, PaymentStatus.VOID, self.installation.business_clock.now())

        return self.conclude(work)

    def _load(self, unit: UnitOfWork) -> tuple[str, str | None, str]:
        invoice_id = delivered_invoice(self.delivery.document_id)
        assert invoice_id is not None, "a voiding names its invoice"
        self.steps = unit.deliveries.steps(self.delivery.id)
        refs = unit.deliveries.refs(self.delivery.connection, DocumentKind.INVOICE, [invoice_id])
        return invoice_id, refs.get(invoice_id), unit.credit_notes.voidings([invoice_id])[invoice_id].reason

    def _void(self, invoice_id: str, ref: str, reason: str) -> ExternalDocument | None:
        """The void invoice; None if an earlier attempt has deleted it, as some providers do with drafts."""
        if Step.VOID in self.steps:
            try:
                found = self.provider.fetch(DocumentKind.INVOICE, ref)
            except Permanent:
                return None
            if found.status is ExternalStatus.VOID:
                return require_ours(found, DocumentKind.INVOICE, invoice_id)
        key = self.begin(Step.VOID, DocumentKind.INVOICE, invoice_id)
        void = require_ours(self._asked_to_void(ref, reason, key), DocumentKind.INVOICE, invoice_id)
        if void.status is not ExternalStatus.VOID:
            raise Ambiguous(f"The provider's invoice {ref} is {void.status} after it was voided")
        return void

    def _asked_to_void(self, ref: str, reason: str, key: str) -> ExternalDocument:
        try:
            return self.provider.void_invoice(ref, reason, key)
        except Unsupported as error:
            remedy = f"void {ref} by hand at {self.delivery.connection}, then resume the delivery"
            raise NeedsAttention(str(error), remedy) from error
