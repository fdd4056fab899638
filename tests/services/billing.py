"""A small company with customers, usage and a plan, and ways to bill it."""

import json
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import count
from typing import Any, cast

from gateway.core.events import Outcome
from gateway.core.invoicing.invoice import Invoice
from gateway.core.numbers import plain
from gateway.core.ports.invoices import InvoiceFilter
from gateway.core.ports.storage import Priority, Storage, UnitOfWork
from gateway.core.subscriptions.subscription import Subscription
from gateway.services.bill import BillingRun, bill_due
from gateway.services.customers import SubscriptionRequest, create_customer, subscribe
from gateway.services.define import apply_definitions
from gateway.services.installation import Installation
from gateway.services.project import Projector
from gateway.services.record_events import Recorder
from gateway.storage.database import Database
from gateway.wire.events import WireFormat, parse_events
from tests.storage.statements import listening
from tests.support import FixedClock

PLAN = """
event_types = ["call", "upload"]

[[meters]]
key = "calls"
name = "Calls"
event_type = "call"
aggregation = "count"
unit = "call"

[[meters]]
key = "users"
name = "Users"
event_type = "call"
aggregation = "unique_count"
value = "user"
unit = "user"
on_missing = "skip"

[[meters]]
key = "traffic"
name = "Traffic"
event_type = "upload"
aggregation = "sum"
value = "gigabytes"
dimensions = ["zone"]
unit = "gigabyte"

[[plans]]
key = "pro"
name = "Pro"
currency = "USD"
interval = "month"

[[plans.prices]]
key = "base"
name = "Base fee"
model = "flat"
amount = "49.00"
timing = "in_advance"

[[plans.prices]]
key = "calls"
name = "Calls"
meter = "calls"
model = "graduated"
tiers = [{ up_to = "3", unit_amount = "1.50" }, { unit_amount = "0.99" }]

[[plans.prices]]
key = "users"
name = "Users"
meter = "users"
model = "per_unit"
unit_amount = "4.00"

[[plans.prices]]
key = "traffic"
name = "Traffic"
meter = "traffic"
model = "matrix"
dimension = "zone"
unit_amounts = { eu = "0.125", us = "0.2" }

[[plans.commitments]]
key = "minimum"
name = "Minimum"
amount = "10.00"
"""

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def document(text: str = PLAN) -> dict[str, Any]:
    """The definitions as a document, to change at will."""
    return tomllib.loads(text)


@dataclass
class Company:
    """An installation with the plan `pro`, and everything that works on it."""

    installation: Installation
    clock: FixedClock

    @cached_property
    def recorder(self) -> Recorder:
        return Recorder(self.installation)

    @cached_property
    def projector(self) -> Projector:
        return Projector(self.installation, self.recorder.recent)

    @cached_property
    def _numbers(self) -> Iterator[int]:
        return count(1)

    def define(self, definitions: dict[str, Any] | None = None) -> None:
        apply_definitions(self.installation, definitions or document())

    def sign(self, customer: str = "acme", starts_at: datetime = JANUARY, **terms: Any) -> Subscription:
        """A customer on the plan."""
        create_customer(self.installation, customer, customer.title())
        return subscribe(self.installation, SubscriptionRequest(customer, "pro", starts_at, **terms))

    def call(self, at: str, user: str | None = "ann", customer: str = "acme", times: int = 1) -> None:
        """Record calls of a user at one time."""
        properties = {} if user is None else {"user": user}
        self.record([self._event("call", customer, at, properties) for _ in range(times)])

    def upload(self, at: str, gigabytes: object, zone: str = "eu", customer: str = "acme") -> None:
        """Record an upload."""
        self.record([self._event("upload", customer, at, {"gigabytes": gigabytes, "zone": zone})])

    def record(self, events: Sequence[dict[str, Any]]) -> None:
        """Record events, all of which have to be accepted."""
        receipts = self.recorder.record(parse_events(json.dumps(events).encode(), WireFormat.JSON))
        assert {receipt.outcome for receipt in receipts} == {Outcome.ACCEPTED}

    def bill(self, at: datetime | None = None) -> BillingRun:
        """Let it be `at`, then bill what is due."""
        if at is not None:
            self.clock.set(at)
        return bill_due(self.installation, self.projector)

    def invoices(self, customer: str | None = None) -> list[Invoice]:
        """All invoices, by boundary, customer and kind."""
        matching = InvoiceFilter(customer=customer)
        found = self.read(lambda unit: unit.invoices.page(matching, None, 1000))
        return sorted(found, key=lambda each: (each.key.boundary_at, each.customer, each.key.kind))

    def read(self, work: Callable[[UnitOfWork], Any]) -> Any:
        return self.installation.storage.read(work)

    def on(self, storage: Any) -> "Company":
        """The same company as another process sees it, through `storage`."""
        return Company(replace(self.installation, storage=cast(Storage, storage)), self.clock)

    def _event(self, kind: str, customer: str, at: str, properties: dict[str, Any]) -> dict[str, Any]:
        return {
            "source": "test",
            "id": f"{kind}-{next(self._numbers)}",
            "type": kind,
            "customer": customer,
            "occurred_at": at,
            "properties": properties,
        }


def amounts(invoice: Invoice) -> list[tuple[str, str, str]]:
    """Each line's price with its dimension values, quantity and amount, as an accountant reads them."""
    return [
        ("/".join([line.price, *(value for _, value in line.dimensions)]), plain(line.quantity), str(line.amount))
        for line in invoice.lines
    ]


class Counting:
    """A storage that counts the statements of its units of work, and of these those that only read."""

    def __init__(self, storage: Database) -> None:
        self._storage = storage
        self.statements = 0
        self.reads = 0

    def transact(self, work: Callable[[UnitOfWork], Any], priority: Priority = Priority.INTERACTIVE) -> Any:
        def counted(unit: UnitOfWork) -> Any:
            with listening(unit) as sent:
                answer = work(unit)
            self.statements += len(sent)
            return answer

        return self._storage.transact(counted, priority)

    def read(self, work: Callable[[UnitOfWork], Any]) -> Any:
        with self.snapshot() as unit:
            return work(unit)

    @contextmanager
    def snapshot(self) -> Iterator[UnitOfWork]:
        with self._storage.snapshot() as unit, listening(unit) as sent:
            yield unit
        self.statements += len(sent)
        self.reads += len(sent)
