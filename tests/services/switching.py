"""Customers between two sandboxes, and processes that die on demand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast

from gateway.core.delivery import Delivery
from gateway.core.invoicing.invoice import InvoiceStatus
from gateway.core.ports.connections import ConnectionUse
from gateway.core.ports.deliveries import DeliveryFilter
from gateway.core.ports.storage import Storage, UnitOfWork
from gateway.core.switching import SwitchPlan, SwitchProgress
from gateway.plugin_api import BillingProvider, DocumentKind, RatePolicy
from gateway.plugin_guard import GuardedProvider, guarded
from gateway.sandbox import SandboxProvider, SandboxSettings
from gateway.services.begin_switch import begin_switch
from gateway.services.deliver import DeliveryReport, deliver_next
from gateway.services.finalize import finalize
from gateway.services.installation import ConnectedProvider, Installation
from gateway.services.plan_switch import plan_switch
from gateway.testing import FakeHost
from tests.services.delivering import Crash, MortalProvider, MortalStorage
from tests.storage.examples import NOON, customer, invoice, line, plan, subscription
from tests.support import FixedClock

RATE = RatePolicy(100, 1, 100)


@dataclass
class TwoProviders:
    """A gateway whose invoices go to `old`, with a connection `new` beside it; both keep what they hold in memory."""

    installation: Installation
    clock: FixedClock
    old: SandboxProvider
    new: SandboxProvider

    @classmethod
    def of(cls, installation: Installation, clock: FixedClock, customers: int = 1, **settings: Any) -> "TwoProviders":
        """With customers `acme-1` and following, each with a subscription in EUR."""
        names = ("main", "new", "third")
        connections = tuple(ConnectedProvider(name, "sandbox", RATE) for name in names)
        told = SandboxSettings(pays_by_itself=False), SandboxSettings(**{"pays_by_itself": False, **settings})
        old, new = (SandboxProvider("x", each, FakeHost(), clock.now) for each in told)
        made = cls(replace(installation, connections=connections), clock, old, new)
        made.installation.storage.transact(lambda unit: store_customers(unit, customers))
        return made

    def provider(self, connection: str) -> GuardedProvider | None:
        return {"main": guarded(self.old), "new": guarded(self.new)}.get(connection)

    def begin(self, target: str = "new", customers: Sequence[str] | None = None) -> list[str]:
        return begin_switch(self.installation, target, "ada", customers)

    def plan(self, target: str = "new", customers: Sequence[str] | None = None, **providers: Any) -> SwitchPlan:
        return plan_switch(self.installation, target, lambda name: providers.get(name, self.provider(name)), customers)

    def deliver(self, connection: str = "new", provider: BillingProvider | None = None) -> DeliveryReport | None:
        chosen = provider or {"main": self.old, "new": self.new}[connection]
        return deliver_next(self.installation, connection, chosen, jitter=lambda: 0)

    def deliver_all(self, connection: str = "new") -> None:
        """Deliver until nothing is pending, letting time pass."""
        for _ in range(50):
            if self.deliver(connection) is None:
                if not self.use(connection).pending:
                    return
                self.clock.advance(timedelta(seconds=61))
        raise AssertionError("still pending")

    def deliver_mortally(self, point: Callable[[str], None]) -> bool:
        """Deliver to `new` in a process that may die; whether it survived."""
        storage = cast(Storage, MortalStorage(self.installation.storage, point))
        provider = cast(BillingProvider, MortalProvider(self.new, point))
        try:
            deliver_next(replace(self.installation, storage=storage), "new", provider, jitter=lambda: 0)
        except Crash:
            return False
        return True

    def begin_mortally(self, point: Callable[[str], None]) -> bool:
        """Begin to switch in a process that may die; whether it survived."""
        storage = cast(Storage, MortalStorage(self.installation.storage, point))
        try:
            begin_switch(replace(self.installation, storage=storage), "new", "ada")
        except Crash:
            return False
        return True

    def use(self, connection: str) -> ConnectionUse:
        uses = self.installation.storage.read(lambda unit: unit.connections.uses("main"))
        return uses.get(connection, ConnectionUse())

    def connection_of(self, number: int = 1) -> str | None:
        key = f"acme-{number}"
        return self.installation.storage.read(lambda unit: unit.definitions.customers_by_key([key]))[key].connection

    def progress(self, switches: Sequence[str]) -> SwitchProgress:
        found = self.installation.storage.read(lambda unit: unit.switches.progress(switches))
        return sum(found.values(), SwitchProgress())

    def finalize(self, number: int) -> None:
        """Finalize an invoice of `acme-1`."""
        draft = invoice(number, (line(1250),))

        def store(unit: UnitOfWork) -> None:
            unit.invoices.add(draft, ())
            unit.invoices.update_status(draft.moved_to(InvoiceStatus.APPROVED))

        self.installation.storage.transact(store)
        finalize(self.installation, draft.id)

    def deliveries(self) -> list[Delivery]:
        return self.installation.storage.read(lambda unit: unit.deliveries.page(DeliveryFilter(), None, 99))

    def at_new(self) -> list[str]:
        """Our ids of the customers at the new provider, each as often as it is there."""
        return sorted(each.our_id for each in self.new.documents(DocumentKind.CUSTOMER))


def store_customers(unit: UnitOfWork, count: int) -> None:
    unit.definitions.add_plan_version(plan())
    for number in range(1, count + 1):
        unit.definitions.add_customer(customer(number), NOON)
        unit.definitions.add_subscription(subscription(number, f"acme-{number}"))


def instead(provider: SandboxProvider, **members: Any) -> BillingProvider:
    """The provider with other members."""
    stand_in = type("StandIn", (), {"__getattr__": lambda _self, name: getattr(provider, name)})()
    for name, member in members.items():
        setattr(stand_in, name, member)
    return cast(BillingProvider, stand_in)
