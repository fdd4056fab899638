"""The stores that are measured: set up, and counted twice afterwards, by the gateway's own services."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.events import (
    CUSTOMERS,
    EVENT_TYPE,
    METER_REQUESTS,
    METER_TOKENS,
    METER_TOKENS_BY_MODEL,
    CountKey,
    Counts,
)
from gateway.app import Gateway, build
from gateway.core.access import Scope
from gateway.core.metering.live import Bucket
from gateway.core.metering.meter import Dimensions
from gateway.core.metering.recount import CountingScope, Recount
from gateway.core.periods.period import BillingPeriod
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import EPOCH, LATEST
from gateway.services.customers import SubscriptionRequest, create_customer, subscribe
from gateway.services.define import apply_definitions
from gateway.services.keys import create_key
from gateway.services.read_log import LogSpan
from gateway.services.recount_log import recount_log
from gateway.services.show_books import show_trial_balance
from gateway.services.verify_books import verify_books
from gateway.settings import load_settings
from gateway.storage.migrate import migrate

_starts_at = datetime(2020, 1, 1, tzinfo=UTC)
_definitions = {
    "event_types": [EVENT_TYPE],
    "meters": [
        {
            "key": METER_REQUESTS, "name": "Requests", "event_type": EVENT_TYPE, "aggregation": "count",
            "unit": "request",
        },
        {
            "key": METER_TOKENS, "name": "Tokens", "event_type": EVENT_TYPE, "aggregation": "sum", "value": "tokens",
            "unit": "token",
        },
        {
            "key": METER_TOKENS_BY_MODEL, "name": "Tokens by model", "event_type": EVENT_TYPE, "aggregation": "sum",
            "value": "tokens", "dimensions": ["model"], "unit": "token",
        },
    ],
    "plans": [
        {
            "key": "api", "name": "API", "currency": "USD", "interval": "month",
            "prices": [
                {"key": name, "name": name, "meter": name, "model": "per_unit", "unit_amount": "0.01"}
                for name in (METER_REQUESTS, METER_TOKENS, METER_TOKENS_BY_MODEL)
            ],
        }
    ],
}  # fmt: skip


def prepare_store(database: Path) -> str:
    """Make a store with meters, a plan and a subscription for every customer; the text of a key that may ingest."""
    with _opened(database) as gateway:
        migrate(gateway.database)
        apply_definitions(gateway.installation, _definitions)
        for customer in CUSTOMERS:
            create_customer(gateway.installation, customer, customer)
            subscribe(gateway.installation, SubscriptionRequest(customer, "api", _starts_at))
        _, secret = create_key(gateway.installation, "benchmark", {Scope.INGEST})
        return secret


@dataclass(frozen=True, slots=True)
class Books:
    """The books of the default legal entity."""

    gateway: Gateway

    def trial_balance(self, month: str) -> bool:
        """Ask for the trial balance of a month: whether it has rows that balance."""
        found = show_trial_balance(self.gateway.installation, "default", month)
        return bool(found.rows) and found.is_balanced

    def verify(self) -> tuple[int, int]:
        """Add up every transfer: how many there are, and how many balances differ."""
        found = verify_books(self.gateway.installation)
        return found.transfers, found.differing


@contextmanager
def books_in(database: Path) -> Iterator[Books]:
    """The books in a store, which is made if it is not there."""
    with _opened(database) as gateway:
        migrate(gateway.database)
        yield Books(gateway)


def live_counts(database: Path) -> Counts:
    """What the live track counted, over all periods."""
    with _opened(database) as gateway:

        def read(unit: UnitOfWork) -> Counts:
            subscriptions = {one.id: one.customer for one in unit.definitions.subscriptions()}
            states = unit.live.states(list(subscriptions), Bucket.PERIOD, EPOCH, LATEST)
            counts: Counts = {}
            for key, state in states.items():
                quantity = state.events if key.series.meter == METER_REQUESTS else int(state.total)
                _add(
                    counts, key.series.meter, subscriptions[key.series.subscription_id], key.series.dimensions, quantity
                )
            return counts

        return gateway.database.read(read)


def recounted(database: Path) -> Counts:
    """What the recount finds in the log, over all time as one period."""
    with _opened(database) as gateway, gateway.database.snapshot() as unit:
        subscriptions = unit.definitions.subscriptions()
        meters = tuple(unit.definitions.meters().values())
        scopes = [CountingScope(one, BillingPeriod(_starts_at, LATEST), meters) for one in subscriptions]
        customers = {one.id: one.customer for one in subscriptions}
        counts: Counts = {}
        for key, count in recount_log(unit, LogSpan(0, unit.log.head()), scopes).counts.items():
            _add(counts, key.meter, customers[key.subscription_id], key.dimensions, int(count.quantity))
        return counts


@dataclass(frozen=True, slots=True)
class DailyRecount:
    """The recount of a store by customer, meter and day of UTC."""

    unit: UnitOfWork
    scopes: list[CountingScope]

    def run(self) -> Recount:
        """Count all of the log."""
        return recount_log(self.unit, LogSpan(0, self.unit.log.head()), self.scopes)

    def daily_counts(self, found: Recount) -> dict[tuple[CountKey, date], int]:
        """The quantities by day."""
        customers = {scope.subscription.id: scope.subscription.customer for scope in self.scopes}
        return {
            (_count_key(key.meter, customers[key.subscription_id], key.dimensions), key.period_start.date()): int(
                count.quantity
            )
            for key, count in found.counts.items()
        }


@contextmanager
def daily_recount(database: Path, first: datetime, last: datetime) -> Iterator[DailyRecount]:
    """The recount of an open store over the days from `first` to `last`."""
    days = [first.date() + timedelta(days=n) for n in range((last.date() - first.date()).days + 1)]
    periods = [BillingPeriod.of_days(day, day, ZoneInfo("UTC")) for day in days]
    with _opened(database) as gateway, gateway.database.snapshot() as unit:
        meters = tuple(unit.definitions.meters().values())
        subscriptions = unit.definitions.subscriptions()
        yield DailyRecount(unit, [CountingScope(one, period, meters) for one in subscriptions for period in periods])


def _count_key(meter: str, customer: str, dimensions: Dimensions) -> CountKey:
    return CountKey(meter, customer, dimensions[0][1] if dimensions else "")


def _add(counts: Counts, meter: str, customer: str, dimensions: Dimensions, quantity: int) -> None:
    key = _count_key(meter, customer, dimensions)
    counts[key] = counts.get(key, 0) + quantity


@contextmanager
def _opened(database: Path) -> Iterator[Gateway]:
    gateway = build(load_settings(None, {"GATEWAY_STORAGE__URL": f"sqlite:///{database}"}))
    try:
        yield gateway
    finally:
        gateway.close()
