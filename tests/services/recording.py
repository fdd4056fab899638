"""Batches as senders write them, and the definitions that they are counted by."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from gateway.core.metering.meter import Aggregation, Filter, Meter, MeterVersion
from gateway.core.periods.period import Interval, IntervalUnit
from gateway.core.plans.plan import Matrix, PerUnit, PlanVersion, Price
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Customer, Subscription
from gateway.services.installation import Installation
from gateway.wire.events import EventBatch, WireFormat, parse_events

START = datetime(2026, 1, 1, tzinfo=UTC)
MONTHLY = Interval(IntervalUnit.MONTH)

CALLS = Meter("calls", "Calls", (MeterVersion("calls", 1, "call", Aggregation.COUNT, "call"),))
BYTES = Meter("bytes", "Bytes", (MeterVersion("bytes", 1, "call", Aggregation.SUM, "byte", "bytes", ("zone",)),))
USERS = Meter("users", "Users", (MeterVersion("users", 1, "call", Aggregation.UNIQUE_COUNT, "user", "user"),))
ERRORS = Meter(
    "errors",
    "Errors",
    (MeterVersion("errors", 1, "call", Aggregation.COUNT, "call", filters=(Filter("status", ("500", "503")),)),),
)
METERS = (CALLS, BYTES, USERS, ERRORS)


def plan(meters: Sequence[Meter] = METERS, version: int = 1) -> PlanVersion:
    """A monthly plan with one price on each meter."""
    one = Decimal(1)
    prices = tuple(
        Price(meter.key, meter.name, Matrix(meter.latest.dimensions[0], {}, one), meter.key)
        if meter.latest.dimensions
        else Price(meter.key, meter.name, PerUnit(one), meter.key)
        for meter in meters
    )
    return PlanVersion("api", version, "API", "USD", MONTHLY, prices, published_at=START)


def subscription(customer: str, ends_at: datetime | None = None, zone: str = "UTC", version: int = 1) -> Subscription:
    """A customer's subscription to the plan from the start of 2026."""
    return Subscription(
        f"sub_{customer}", f"{customer}/api", customer, "api", version, MONTHLY, START, ends_at, START, zone
    )


def define(
    installation: Installation,
    customers: Sequence[str] = ("acme", "globex"),
    meters: Sequence[Meter] = METERS,
    subscriptions: Sequence[Subscription] | None = None,
) -> None:
    """Store customers, meters, a plan that prices them all, and a subscription for each customer."""

    def work(unit: UnitOfWork) -> None:
        unit.definitions.add_event_types(["call"])
        for meter in meters:
            unit.definitions.add_meter(meter)
        unit.definitions.add_plan_version(plan(meters))
        for customer in customers:
            unit.definitions.add_customer(Customer(f"cus_{customer}", customer, customer.title()), START)
        for one in [subscription(customer) for customer in customers] if subscriptions is None else subscriptions:
            unit.definitions.add_subscription(one)
        unit.definitions.bump_version()

    installation.storage.transact(work)


def event(number: int | str, **changes: object) -> dict[str, object]:
    """A call of acme on 10 January; the number makes its id."""
    values = {
        "source": "api",
        "id": f"e-{number}",
        "type": "call",
        "customer": "acme",
        "occurred_at": "2026-01-10T12:00:00Z",
        "properties": {"bytes": 100, "zone": "eu", "user": "u1"},
    }
    return {**values, **changes}


def batch(*events: Mapping[str, object]) -> EventBatch:
    """The events as one parsed request."""
    return parse_events(json.dumps(events).encode(), WireFormat.JSON)
