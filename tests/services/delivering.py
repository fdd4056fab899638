"""Finalized invoices on their way to a sandbox, and processes that die on demand."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from gateway.core.delivery import Delivery, DeliveryStatus
from gateway.core.invoicing.invoice import Invoice, InvoiceLine, InvoiceStatus
from gateway.core.ports.deliveries import DeliveryFilter
from gateway.core.ports.storage import Priority, Storage, UnitOfWork
from gateway.plugin_api import BillingProvider, DocumentKind, ExternalDocument, ExternalStatus
from gateway.sandbox import Faults, SandboxProvider, SandboxSettings
from gateway.services.deliver import DeliveryReport, deliver_next
from gateway.services.installation import Installation
from gateway.testing import FakeHost
from tests.storage.examples import customer, delivery, invoice, line, subscription
from tests.support import FixedClock
from tests.vendors.loopback import FakeVendor

LINES = (line(1250), line(399), line(-49))
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Crash(KeyboardInterrupt):
    """The process ends here. An interruption, because nothing else passes the wall around plugins."""


@dataclass
class CrashPoints:
    """Counts the points that a process passes, and ends it at one."""

    crash_at: int | None = None
    passed: list[str] = field(default_factory=list)

    def __call__(self, name: str) -> None:
        self.passed.append(name)
        if len(self.passed) == self.crash_at:
            raise Crash(name)


class MortalStorage:
    """A storage whose process may end before and after every transaction."""

    def __init__(self, storage: Storage, point: Callable[[str], None]) -> None:
        self._storage = storage
        self._point = point

    def transact(self, work: Callable[[UnitOfWork], Any], priority: Priority = Priority.INTERACTIVE) -> Any:
        self._point("before a transaction")
        result = self._storage.transact(work, priority)
        self._point("after a transaction")
        return result

    def read(self, work: Callable[[UnitOfWork], Any]) -> Any:
        return self._storage.read(work)


class MortalProvider:
    """A provider whose process may end before a request is sent and after its answer came."""

    def __init__(self, provider: BillingProvider, point: Callable[[str], None]) -> None:
        self._provider = provider
        self._point = point

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._provider, name)
        if not callable(value):
            return value

        def call(*arguments: Any, **options: Any) -> Any:
            self._point(f"before {name}")
            result = value(*arguments, **options)
            self._point(f"after {name}")
            return result

        return call


@dataclass
class World:
    """A gateway, a sandbox and the time of both."""

    installation: Installation
    clock: FixedClock
    provider: SandboxProvider

    @classmethod
    def of(cls, installation: Installation, clock: FixedClock, **faults: int) -> "World":
        settings = SandboxSettings(faults=Faults(**faults), pays_by_itself=False)
        return cls(installation, clock, SandboxProvider("main", settings, FakeHost(), clock.now))

    def finalize(
        self,
        number: int = 1,
        customer_number: int | None = None,
        lines: tuple[InvoiceLine, ...] = LINES,
        connection: str = "main",
    ) -> Invoice:
        """A finalized invoice in the outbox, for a customer of its own unless one is named."""
        who = customer(customer_number or number)
        draft = invoice(number, lines, customer=who.key)
        draft = replace(draft, key=replace(draft.key, subscription_id=f"sub_{customer_number or number}"))
        approved = draft.moved_to(InvoiceStatus.APPROVED)
        final = approved.finalized(f"INV-{number:06}", self.clock.now())

        def store(unit: UnitOfWork) -> None:
            if unit.definitions.add_customer(who, self.clock.now()):
                unit.definitions.add_subscription(subscription(customer_number or number, who.key))
            unit.invoices.add(draft, [])
            unit.invoices.update_status(approved)
            unit.invoices.update_status(final)
            unit.deliveries.add(delivery(number, connection=connection, due_at=self.clock.now()))

        self.installation.storage.transact(store)
        return final

    def deliver(self, provider: BillingProvider | None = None) -> DeliveryReport | None:
        return deliver_next(self.installation, "main", provider or self.provider, jitter=lambda: 0)

    def deliver_mortally(self, point: Callable[[str], None]) -> bool:
        """Deliver in a process that may die; whether it survived."""
        storage = cast(Storage, MortalStorage(self.installation.storage, point))
        provider = cast(BillingProvider, MortalProvider(self.provider, point))
        try:
            deliver_next(replace(self.installation, storage=storage), "main", provider, jitter=lambda: 0)
        except Crash:
            return False
        return True

    def deliver_over_wire(self, provider: BillingProvider, vendor: FakeVendor) -> int:
        """Deliver until nothing is pending, in one time for both sides; how many attempts it took."""
        for attempt in range(1, 60):
            report = self.deliver(provider)
            (delivery,) = [each for each in self.deliveries() if each.status is not DeliveryStatus.DELIVERED] or [None]
            if delivery is None:
                return attempt
            assert delivery.status is DeliveryStatus.PENDING, delivery
            assert delivery.due_at is not None
            if report is None:
                # The provider failed so often that it is left alone for a while.
                self.clock.advance(timedelta(seconds=61))
            else:
                self.clock.set(max(delivery.due_at, self.clock.now()))
            vendor.now = max(vendor.now, int(self.clock.now().timestamp()))
        raise AssertionError(f"still pending: {delivery}")

    def deliver_until_settled(self, attempts_max: int = 200) -> Delivery:
        """Deliver until nothing is pending, letting time pass between attempts; the last delivery."""
        for _ in range(attempts_max):
            pending = [item for item in self.deliveries() if item.status is DeliveryStatus.PENDING]
            if not pending:
                return self.deliveries()[-1]
            if self.deliver() is None:
                self.clock.advance(max(timedelta(seconds=61), self._left_alone_for()))
        raise AssertionError(f"still pending: {pending}")

    def _left_alone_for(self) -> timedelta:
        """How long nothing is sent, because the provider failed so often."""
        circuit = self.installation.storage.read(lambda unit: unit.connections.circuit("main"))
        now = self.clock.now()
        return (circuit.open_until or now) - now

    def deliveries(self) -> list[Delivery]:
        return self.installation.storage.read(lambda unit: unit.deliveries.page(DeliveryFilter(), None, 1000))

    def stored(self, final: Invoice) -> Invoice:
        return self.installation.storage.read(lambda unit: unit.invoices.get(final.id))

    def at_provider(self, kind: DocumentKind, our_id: str) -> list[ExternalDocument]:
        return [document for document in self.provider.documents(kind) if document.our_id == our_id]

    def assert_delivered_once(self, final: Invoice) -> None:
        """The promise: one document of each kind at the provider, complete and issued, whose ids we know."""
        customer_id = final.customer.replace("acme-", "cus_")
        (made,) = self.at_provider(DocumentKind.INVOICE, final.id)
        (payer,) = self.at_provider(DocumentKind.CUSTOMER, customer_id)
        assert (made.status, made.total) == (ExternalStatus.OPEN, final.total)

        def look(unit: UnitOfWork) -> tuple[dict[str, str], dict[str, str], list[Delivery]]:
            invoices = unit.deliveries.refs("main", "invoice", [final.id])
            customers = unit.deliveries.refs("main", "customer", [customer_id])
            return invoices, customers, unit.deliveries.by_document([final.id])[final.id]

        invoices, customers, (delivered,) = self.installation.storage.read(look)
        assert (invoices, customers) == ({final.id: made.ref}, {customer_id: payer.ref})
        assert (delivered.status, delivered.reason, delivered.due_at) == (DeliveryStatus.DELIVERED, None, None)
