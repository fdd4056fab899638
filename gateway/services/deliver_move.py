"""Move a customer to another connection: it is found or made there, and from then on its invoices go there."""

from datetime import UTC, datetime

from gateway.core.delivery import Step
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Customer
from gateway.core.switching import Move
from gateway.plugin_api import DocumentKind, ExternalDocument, NeedsAttention
from gateway.services.deliver_customer import CustomerErrand, combined
from gateway.services.delivery_documents import to_customer_document
from gateway.services.delivery_errand import DeliveryReport
from gateway.services.switch_terms import currencies_of

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class MoveErrand(CustomerErrand):
    """A customer on its way; one whose move a later switch took over stays where it is."""

    def run(self) -> DeliveryReport:
        """See `Errand.run`."""
        move, customer, currencies, ref = self.installation.storage.read(self._load)
        if move.ended_at is not None:
            return self.conclude(lambda _: None, "A later switch took its place")
        self._require_currencies(customer, currencies)
        if ref is None:
            self.put_customer(to_customer_document(customer))
        return self.conclude(self._arrive)

    def find(
        self,
        step: Step,  # noqa: ARG002 (whether it was begun does not matter)
        kind: DocumentKind,
        our_id: str,
        customer_ref: str | None = None,
    ) -> ExternalDocument | None:
        """What carries our id there, whoever has made it: people put it on customers that they had before."""
        return self.provider.find(kind, our_id, LONG_AGO, customer_ref)

    def _load(self, unit: UnitOfWork) -> tuple[Move, Customer, tuple[str, ...], str | None]:
        move = unit.switches.move(self.delivery.document_id)
        customer = unit.definitions.customers_by_key([move.customer])[move.customer]
        self.steps = combined(unit.deliveries.starts(self.delivery.connection, Step.CUSTOMER, customer.key))
        ref = unit.deliveries.refs(self.delivery.connection, DocumentKind.CUSTOMER, [customer.id]).get(customer.id)
        return move, customer, currencies_of(unit, [customer.key])[customer.key], ref

    def _require_currencies(self, customer: Customer, currencies: tuple[str, ...]) -> None:
        taken = self.provider.capabilities.currencies
        refused = [currency for currency in currencies if taken is not None and currency not in taken]
        if refused:
            raise NeedsAttention(
                f"Customer {customer.key!r} is billed in {', '.join(refused)}, not taken by {self.provider.name}",
                "let it stay where it is: `gateway providers switch` to its present connection gives its move up",
            )

    def _arrive(self, unit: UnitOfWork) -> None:
        # Locked as `begin_switch` does, so that of a move and a later switch one sees the other.
        move = unit.switches.move(self.delivery.document_id)
        unit.definitions.lock_customer(move.customer)
        if unit.switches.end_move(move.id, self.installation.system_clock.now(), is_moved=True):
            unit.definitions.connect_customer(move.customer, move.to_connection)
