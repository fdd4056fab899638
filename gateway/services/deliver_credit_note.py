"""Deliver a credit note."""

from gateway.core.delivery import Step
from gateway.core.invoicing.credit_notes import Disposition
from gateway.core.ports.storage import UnitOfWork
from gateway.plugin_api import (
    Ambiguous,
    CreditNoteDocument,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    NeedsAttention,
    Unsupported,
)
from gateway.services.delivery_documents import check_answer, to_credit_note_document
from gateway.services.delivery_errand import DeliveryReport, Errand
from gateway.services.held_documents import note_delivered
from gateway.services.settle_delivery import SETTLE


class CreditNoteErrand(Errand):
    """What was given back of an invoice is given back at the provider, as it was agreed."""

    def run(self) -> DeliveryReport:
        """See `Errand.run`."""
        document, is_for_wallet = self.installation.storage.read(self._load)
        if document is None:
            return self.conclude(lambda _: None, "Nothing is given back by it")
        if is_for_wallet and (reason := self._why_not_there(document)):
            return self.conclude(lambda _: None, reason)
        made = self._put(document)

        def work(unit: UnitOfWork) -> None:
            self.note_answer(unit, Step.CREDIT, made)
            unit.deliveries.put_ref(self.delivery.connection, made.kind, made.our_id, made.ref)
            note_delivered(unit, self.installation, self.delivery.connection, made)

        return self.conclude(work)

    def _load(self, unit: UnitOfWork) -> tuple[CreditNoteDocument | None, bool]:
        """The document to send, if it gives anything back, and whether all of that becomes credit here."""
        note = unit.credit_notes.by_ids([self.delivery.document_id])[self.delivery.document_id]
        if not note.total.amount_minor:
            return None, False
        invoice, connection = unit.invoices.get(note.invoice_id), self.delivery.connection
        customer = unit.definitions.customers_by_key([note.customer])[note.customer]
        self.steps = unit.deliveries.steps(self.delivery.id)
        invoice_ref = unit.deliveries.refs(connection, DocumentKind.INVOICE, [invoice.id]).get(invoice.id)
        customer_ref = unit.deliveries.refs(connection, DocumentKind.CUSTOMER, [customer.id]).get(customer.id)
        if invoice_ref is None or customer_ref is None:
            raise NeedsAttention(
                f"Invoice {invoice.number} is not at the connection {connection}",
                f"make the credit note by hand where the invoice is, then {SETTLE}; the books have it already",
            )
        is_for_wallet = {disposition for disposition, _ in note.dispositions} == {Disposition.WALLET}
        return to_credit_note_document(note, invoice, invoice_ref, customer_ref), is_for_wallet

    def _why_not_there(self, note: CreditNoteDocument) -> str | None:
        """Why the provider has nothing to record of what became credit here; None if it has.

        The invoice stays due there in full: the credit pays later ones. What was begun is brought to its end.
        """
        if Step.CREDIT in self.steps:
            return None
        if note.disposition not in self.provider.capabilities.credit_dispositions:
            return "It is credit here, and the provider records nothing that is given back elsewhere"
        invoice = self.provider.fetch(DocumentKind.INVOICE, note.invoice_ref)
        if invoice.status is ExternalStatus.PAID:
            return None
        return "It is credit here, and the invoice, which is not paid, stays due there in full"

    def _put(self, note: CreditNoteDocument) -> ExternalDocument:
        found = self.find(Step.CREDIT, DocumentKind.CREDIT_NOTE, note.id, note.customer_ref)
        # Also where it is found: it may have been made, and not yet given back.
        key = self.begin(Step.CREDIT, DocumentKind.CREDIT_NOTE, note.id)
        made = check_answer(self._asked_to_put(note, key, found), DocumentKind.CREDIT_NOTE, note.id, note.total)
        if made.status is ExternalStatus.DRAFT:
            raise Ambiguous(f"The provider's credit note {made.ref} is not given back yet")
        return made

    def _asked_to_put(self, note: CreditNoteDocument, key: str, found: ExternalDocument | None) -> ExternalDocument:
        try:
            return self.provider.put_credit_note(note, key, found)
        except Unsupported as error:
            remedy = f"give it back by hand at {self.delivery.connection}, then {SETTLE}"
            raise NeedsAttention(str(error), remedy) from error
