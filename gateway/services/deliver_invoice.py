"""Deliver an invoice: the customer, a draft with its lines, and issuing it once the totals are the same."""

from dataclasses import replace
from functools import partial

from gateway.core.delivery import Step
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus, PaymentStatus
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Customer
from gateway.plugin_api import (
    Ambiguous,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    InvoiceDocument,
)
from gateway.plugin_guard.fit import require_fits
from gateway.services.deliver_customer import CustomerErrand
from gateway.services.delivery_documents import (
    check_answer,
    to_customer_document,
    to_fitting,
    to_invoice_document,
)
from gateway.services.delivery_errand import DeliveryReport, require_settled
from gateway.services.follow_provider import note_payment, take_over
from gateway.services.held_documents import note_delivered


def payment_days_of(invoice: Invoice, unit: UnitOfWork) -> int | None:
    """From the day on which an invoice became final, in the books of who issued it, until it is due."""
    if invoice.due_on is None or invoice.finalized_at is None or invoice.legal_entity_version is None:
        return None
    pinned = invoice.legal_entity, invoice.legal_entity_version
    issuer = unit.legal_entities.by_versions([pinned])[pinned]
    return (invoice.due_on - issuer.accounting_day(invoice.finalized_at)).days


class InvoiceErrand(CustomerErrand):
    """An invoice on its way; one that is void by now is only sent if it was sent before, so that it can be voided."""

    def run(self) -> DeliveryReport:
        """See `Errand.run`."""
        invoice, paid_minor, customer, customer_ref = self.installation.storage.read(self._load)
        if invoice.status is InvoiceStatus.VOID:
            return self._withdraw(invoice)
        document = to_invoice_document(invoice, customer_ref or "", paid_minor)
        document = replace(document, payment_days=self.installation.storage.read(partial(payment_days_of, invoice)))
        document = to_fitting(document, self.provider.capabilities, self.installation.detail_url)
        if not document.flat_lines:
            return self._settle_nothing(invoice)
        require_fits(document, self.provider.capabilities)
        if customer_ref is None:
            document = replace(document, customer_ref=self.put_customer(to_customer_document(customer)))
        return self._conclude(self._issue(document, self._put(document)))

    def _load(self, unit: UnitOfWork) -> tuple[Invoice, int, Customer, str | None]:
        """The invoice, what credit paid of it, its customer and what the provider calls them, if it is known."""
        invoice = unit.invoices.get(self.delivery.document_id)
        customer, customer_ref = self.load_customer(unit, invoice)
        paid_minor = unit.credits.paid_for([invoice.id]).get(invoice.id, 0)
        return invoice, paid_minor, customer, customer_ref

    def _put(self, invoice: InvoiceDocument) -> str:
        started = self.steps.get(Step.PUT)
        if started is not None and started.ref is not None:
            return started.ref
        found = self.find(Step.PUT, DocumentKind.INVOICE, invoice.id, invoice.customer_ref)
        if found is None or found.status is ExternalStatus.DRAFT:
            key = self.begin(Step.PUT, DocumentKind.INVOICE, invoice.id)
            found = self.provider.put_invoice(invoice, key, found)
        put = check_answer(found, DocumentKind.INVOICE, invoice.id, invoice.total)
        self.finish(Step.PUT, put)
        return put.ref

    def _issue(self, invoice: InvoiceDocument, ref: str) -> ExternalDocument:
        found = self.provider.fetch(DocumentKind.INVOICE, ref) if Step.ISSUE in self.steps else None
        if found is None or found.status is ExternalStatus.DRAFT:
            key = self.begin(Step.ISSUE, DocumentKind.INVOICE, invoice.id)
            found = self.provider.issue_invoice(ref, invoice.total, key)
        issued = check_answer(found, DocumentKind.INVOICE, invoice.id, invoice.total)
        if issued.status is ExternalStatus.DRAFT:
            raise Ambiguous(f"The provider's invoice {ref} is a draft after it was issued")
        return issued

    def _conclude(self, issued: ExternalDocument) -> DeliveryReport:
        """Journal the delivery as done, with what the provider says of the money. Raises `LeaseLost`."""

        def work(unit: UnitOfWork) -> None:
            self.note_answer(unit, Step.ISSUE, issued)
            self.remember(unit, issued)
            note_delivered(unit, self.installation, self.delivery.connection, issued)
            take_over(unit, self.installation, self.delivery.connection, [issued])

        return self.conclude(work)

    def _settle_nothing(self, invoice: Invoice) -> DeliveryReport:
        """Send nothing of an invoice without a single amount to a provider that takes no lines of nothing."""
        return self.conclude(
            lambda unit: note_payment(unit, self.installation, invoice, PaymentStatus.PAID, None),
            "Nothing is due, and the provider takes no invoice without an amount",
        )

    def _withdraw(self, invoice: Invoice) -> DeliveryReport:
        """Send nothing of an invoice that is void; what was sent of it is remembered, and voided next."""
        started = self.steps.get(Step.PUT)
        found = self.find(Step.PUT, DocumentKind.INVOICE, invoice.id)
        if started is not None and found is None:
            require_settled(Step.PUT, self.installation.system_clock.now() - started.started_at)

        def work(unit: UnitOfWork) -> None:
            if found is not None:
                self.remember(unit, found)

        return self.conclude(work, "It was void before it was delivered")
