"""The step that every customer needs at a provider before anything else of it can be there."""

from collections.abc import Sequence

from gateway.core.delivery import Step, StepRecord
from gateway.core.invoicing.invoice import Invoice
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Customer
from gateway.plugin_api import CustomerDocument, DocumentKind, ExternalDocument
from gateway.services.delivery_documents import check_answer
from gateway.services.delivery_errand import Errand


class CustomerErrand(Errand):
    """A delivery that begins with its customer."""

    def load_customer(self, unit: UnitOfWork, invoice: Invoice) -> tuple[Customer, str | None]:
        """The customer of an invoice and what the provider calls them, if it is known; also loads the journal."""
        customer = unit.definitions.customers_by_key([invoice.customer])[invoice.customer]
        connection = self.delivery.connection
        customer_ref = unit.deliveries.refs(connection, DocumentKind.CUSTOMER, [customer.id]).get(customer.id)
        self.steps = unit.deliveries.steps(self.delivery.id)
        if customer_ref is None:
            # Deliveries of other invoices may have tried to make the same customer.
            self.steps |= combined(unit.deliveries.starts(connection, Step.CUSTOMER, invoice.customer))
        return customer, customer_ref

    def put_customer(self, customer: CustomerDocument) -> str:
        """Make the customer unless an earlier attempt has; what the provider calls it. Raises `LeaseLost`."""
        found = self.find(Step.CUSTOMER, DocumentKind.CUSTOMER, customer.id)
        if found is None or Step.CUSTOMER not in self.steps:
            key = self.begin(Step.CUSTOMER, DocumentKind.CUSTOMER, customer.id)
            found = found or self.provider.put_customer(customer, key)
        made = check_answer(found, DocumentKind.CUSTOMER, customer.id)
        self.finish(Step.CUSTOMER, made, lambda unit: self.remember(unit, made))
        return made.ref

    def remember(self, unit: UnitOfWork, made: ExternalDocument) -> None:
        """Keep what the provider calls a document of ours."""
        unit.deliveries.put_ref(self.delivery.connection, made.kind, made.our_id, made.ref)


def combined(starts: Sequence[StepRecord]) -> dict[Step, StepRecord]:
    """The first start of a step, and that of its newest key."""
    if not starts:
        return {}
    newest = max(start.revision for start in starts)
    began_at = min(start.started_at for start in starts if start.revision == newest)
    first_began_at = min(start.first_started_at for start in starts)
    return {starts[0].step: StepRecord(starts[0].step, first_began_at, began_at, revision=newest)}
