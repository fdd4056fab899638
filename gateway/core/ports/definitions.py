"""What the services ask of the storage of definitions, customers and subscriptions."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from gateway.core.metering.meter import Meter
from gateway.core.plans.plan import PlanVersion
from gateway.core.subscriptions.phases import SubscriptionHistory
from gateway.core.subscriptions.subscription import Customer, Subscription


class Definitions(Protocol):
    """Event types, meters, plans, customers and subscriptions."""

    def version(self) -> int:
        """A number that grows with every change of a definition."""
        ...

    def bump_version(self) -> int:
        """Note that a definition changed; the new version."""
        ...

    def event_types(self) -> frozenset[str]:
        """The declared event types."""
        ...

    def add_event_types(self, names: Iterable[str]) -> None:
        """Declare event types; those declared before stay."""
        ...

    def meters(self) -> dict[str, Meter]:
        """All meters by key."""
        ...

    def add_meter(self, meter: Meter) -> None:
        """Store a new meter with its versions."""
        ...

    def plan_version(self, plan: str, version: int | None = None) -> PlanVersion:
        """A published plan version, the newest by default. Raises `NotFound`."""
        ...

    def plans(self) -> list[PlanVersion]:
        """Every published version, by plan and version."""
        ...

    def add_plan_version(self, plan: PlanVersion) -> None:
        """Store a published plan version."""
        ...

    def customers(
        self, after: str | None, limit: int, key: str | None = None, search: str | None = None
    ) -> list[Customer]:
        """Customers by key, after the key `after`; only `key`, or those with `search` in key or name, if given."""
        ...

    def customers_by_key(self, keys: Sequence[str]) -> dict[str, Customer]:
        """Those of `keys` that exist."""
        ...

    def customers_by_id(self, ids: Sequence[str]) -> dict[str, Customer]:
        """Those of `ids` that exist."""
        ...

    def customer_keys(self) -> frozenset[str]:
        """The keys of all customers."""
        ...

    def customer_count(self, search: str | None = None) -> int:
        """How many customers there are, or have `search` in key or name."""
        ...

    def lock_customer(self, key: str) -> Customer:
        """One customer, locked until the transaction ends, so that its subscriptions stay. Raises `NotFound`."""
        ...

    def add_customer(self, customer: Customer, created_at: datetime) -> bool:
        """Store a customer; False if the key is taken."""
        ...

    def update_customer(self, customer: Customer) -> None:
        """Describe the customer of its key anew: all but its id, key and legal entity."""
        ...

    def assign_customer(self, key: str, legal_entity: str) -> None:
        """Let a customer belong to a legal entity from now on."""
        ...

    def connect_customer(self, key: str, connection: str) -> None:
        """Let a customer's invoices go to a connection from now on."""
        ...

    def subscriptions(self, customers: Sequence[str] | None = None) -> list[Subscription]:
        """All that counts and bills: every billed phase of subscriptions, by customer and start; of all if None."""
        ...

    def subscription_histories(self, ids: Sequence[str]) -> dict[str, SubscriptionHistory]:
        """The subscriptions that have these ids, or a phase with it, by the id asked for."""
        ...

    def histories_of(self, customers: Sequence[str] | None = None) -> list[SubscriptionHistory]:
        """Subscriptions by customer and start; of all customers if None."""
        ...

    def subscription_page(
        self, after: tuple[str, str] | None, limit: int, customer: str | None = None
    ) -> list[SubscriptionHistory]:
        """Subscriptions by customer and id, after the given pair; only those of `customer` if given."""
        ...

    def subscription_count(self, customer: str | None = None) -> int:
        """How many subscriptions there are, or `customer` has."""
        ...

    def subscriptions_by_id(self, ids: Sequence[str]) -> dict[str, Subscription]:
        """Those phases of `ids` that exist and hold, cut where the next ones begin."""
        ...

    def add_subscription(self, subscription: Subscription) -> bool:
        """Store a subscription; False if its key is taken."""
        ...

    def add_phases(self, history: SubscriptionHistory, phases: Sequence[Subscription], recorded_at: datetime) -> None:
        """Record phases behind those that a subscription has."""
        ...
