"""Have the taxes of an approved invoice quoted, so that it can be finalized with them."""

from gateway.core.delivery import Step, delivered_invoice
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus
from gateway.core.invoicing.quoted_taxes import QuotedTaxes
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Customer
from gateway.plugin_api import DocumentKind, TaxQuote
from gateway.services.apply_credit import apply_credit_to
from gateway.services.deliver_customer import CustomerErrand
from gateway.services.delivery_documents import to_customer_document, to_fitting
from gateway.services.delivery_errand import DeliveryReport
from gateway.services.finalize import finalize
from gateway.services.tax_quotes import to_be_quoted, to_quoted_taxes, with_quote


class QuoteErrand(CustomerErrand):
    """The customer first, since where they are decides over tax; then the quote, which leaves nothing there."""

    def run(self) -> DeliveryReport:
        """See `Errand.run`."""
        invoice, customer, customer_ref = self.installation.storage.read(self._load)
        if invoice.status is not InvoiceStatus.APPROVED:
            return self.conclude(lambda _: None, f"The invoice is {invoice.status} by now")
        before_tax = self._before_tax(invoice.id)
        quote = self._quote(before_tax, customer_ref or self.put_customer(to_customer_document(customer)))
        now = self.installation.business_clock.now()
        quoted = to_quoted_taxes(self.delivery.connection, before_tax, quote, now)

        def work(unit: UnitOfWork) -> None:
            unit.deliveries.finish_step(self.delivery, Step.QUOTE, f"{quote.total} {quote.total.currency}")
            unit.invoices.put_quote(invoice.id, quoted)

        report = self.conclude(work)
        if not report.has_lost_lease:
            finalize(self.installation, invoice.id)
        return report

    def _load(self, unit: UnitOfWork) -> tuple[Invoice, Customer, str | None]:
        invoice_id = delivered_invoice(self.delivery.document_id)
        assert invoice_id is not None, "a quote names its invoice"
        invoice = unit.invoices.get(invoice_id)
        return invoice, *self.load_customer(unit, invoice)

    def _before_tax(self, invoice_id: str) -> Invoice:
        """The invoice as it will be finalized, but for taxes: promotional credit takes off before tax."""
        seen: list[Invoice] = []

        def look(unit: UnitOfWork) -> None:
            invoice = unit.invoices.lock(invoice_id)
            nothing = QuotedTaxes(self.delivery.connection, self.installation.business_clock.now(), (), ())
            bare = with_quote(invoice, nothing)
            seen[:] = [apply_credit_to(unit, bare, self.installation.business_clock.now()).invoice]
            raise _NothingIsKept

        try:
            self.installation.storage.transact(look)
        except _NothingIsKept:
            return seen[0]
        raise AssertionError("looking at it keeps nothing")

    def _quote(self, invoice: Invoice, customer_ref: str) -> TaxQuote:
        document = to_fitting(to_be_quoted(invoice, customer_ref), self.provider.capabilities)
        self.begin(Step.QUOTE, DocumentKind.INVOICE, invoice.id)
        return self.provider.quote_tax(document)


class _NothingIsKept(Exception):
    """What was done was only to see what it comes to."""
