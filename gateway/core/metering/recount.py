"""The recount: the pure fold that turns logged events into quantities.

This is the second, exact count. It shares no code with the live projection, so that a fault in one cannot hide in the
other; only the definitions they read are common.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from gateway.core.events import LoggedEvent, UsageEvent
from gateway.core.metering.aggregations import fold_of
from gateway.core.metering.folds import CountedSpan, Fold
from gateway.core.metering.meter import Dimensions, Meter, MeterVersion, UncountableReason
from gateway.core.metering.quantities import Amount
from gateway.core.metering.values import dimension_values, event_value, matches
from gateway.core.periods.period import BillingPeriod
from gateway.core.rating.rated import Transaction
from gateway.core.subscriptions.subscription import Subscription


@dataclass(frozen=True, slots=True)
class CountingScope:
    """What to count: one subscription's priced meters over one period.

    `whole` is what the period is a part of, where that is not the schedule's own period. Of the meters that are rated
    `by_transaction` every single value is kept.
    """

    subscription: Subscription
    period: BillingPeriod
    meters: tuple[Meter, ...]
    whole: BillingPeriod | None = None
    by_transaction: frozenset[str] = frozenset()

    @property
    def counts_from(self) -> datetime:
        """The first instant whose events may count: the start of the subscription if a meter carries anything.

        What is carried includes what occurred in former phases and while it was paused: a level has changed then, too.
        """
        carries = any(version.carries for meter in self.meters for version in meter.versions)
        return min(self.subscription.carries_from, self.period.start) if carries else self.period.start

    @property
    def span(self) -> CountedSpan:
        """The period and what it is a part of."""
        schedule = self.subscription.schedule
        whole = self.whole or schedule.period(schedule.index_at(self.period.start))
        return CountedSpan(self.period, whole, self.subscription.zone)

    def version_for(self, meter: Meter, event: UsageEvent) -> MeterVersion | None:
        """The version of `meter` that reads an event of the scope's customer; None if the event does not count."""
        read_at = self.read_at(event)
        return None if read_at is None else _version_at(meter, event, read_at)

    def read_at(self, event: UsageEvent) -> datetime | None:
        """The instant whose definitions read an event of the scope's customer; None if it is not of the scope.

        What is carried into the period is read by the definitions that are in force at its start.
        """
        if event.subscription is not None and event.subscription != self.subscription.key:
            return None
        occurred_at, period = event.occurred_at, self.period
        if occurred_at >= period.end:
            return None
        if occurred_at >= period.start:
            return occurred_at
        return period.start if occurred_at >= self.subscription.carries_from else None


def _version_at(meter: Meter, event: UsageEvent, read_at: datetime) -> MeterVersion | None:
    version = meter.version_at(read_at)
    if version is None or not matches(version, event):
        return None
    return version if read_at is event.occurred_at or version.carries else None


@dataclass(frozen=True, slots=True)
class CountKey:
    """Which count: a subscription's period, meter version and dimension values."""

    subscription_id: str
    period_start: datetime
    meter: str
    version: int
    dimensions: Dimensions = ()


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted: the quantity to bill, the events behind it, and the `amount` before conversion and rounding.

    The single `transactions`, in the order of time, are there if the scope asks for them.
    """

    quantity: Decimal
    events: int
    amount: Amount
    transactions: tuple[Transaction, ...] = ()


@dataclass(frozen=True, slots=True)
class Uncountable:
    """An event that one meter left out, and why."""

    subscription_id: str
    period_start: datetime
    meter: str
    version: int
    position: int
    reason: UncountableReason


@dataclass(frozen=True, slots=True)
class Recount:
    """The outcome of a fold over the log: counts by key, and what could not be counted."""

    counts: Mapping[CountKey, Count]
    uncountable: tuple[Uncountable, ...]


def recount(events: Iterable[LoggedEvent], scopes: Sequence[CountingScope]) -> Recount:
    """Count `events`, in any order, for every scope; memory grows with the counts, the uncountable events
    and the transactions that are rated one by one."""
    folds = [_ScopeFold(scope, scope.span, _by_type(scope.meters)) for scope in scopes]
    by_customer: dict[str, list[_ScopeFold]] = defaultdict(list)
    for fold in folds:
        by_customer[fold.scope.subscription.customer].append(fold)
    for logged in events:
        for fold in by_customer.get(logged.event.customer, ()):
            fold.add(logged)
    counts = {key: count for fold in folds for key, count in fold.keyed_counts()}
    return Recount(counts, tuple(item for fold in folds for item in fold.uncountable))


@dataclass(slots=True)
class _ScopeFold:
    """The counts of one scope in progress, by meter, version and dimension values."""

    scope: CountingScope
    span: CountedSpan
    meters: Mapping[str, Sequence[Meter]]
    folds: dict[tuple[str, int, Dimensions], Fold] = field(default_factory=dict)
    uncountable: list[Uncountable] = field(default_factory=list)
    transactions: dict[tuple[str, int, Dimensions], list[Transaction]] = field(default_factory=dict)

    def add(self, logged: LoggedEvent) -> None:
        event = logged.event
        meters = self.meters.get(event.type)
        read_at = self.scope.read_at(event) if meters else None
        if meters is None or read_at is None:
            return
        for meter in meters:
            version = _version_at(meter, event, read_at)
            if version is not None:
                self._count(version, logged)

    def keyed_counts(self) -> Iterator[tuple[CountKey, Count]]:
        for (meter, number, dimensions), fold in self.folds.items():
            amount, rated = fold.amount, self.transactions.get((meter, number, dimensions), ())
            count = Count(fold.version.quantity(amount), fold.events, amount, tuple(sorted(rated)))
            yield CountKey(*self._place(), meter, number, dimensions), count

    def _count(self, version: MeterVersion, logged: LoggedEvent) -> None:
        event = logged.event
        value = event_value(version, event)
        if isinstance(value, UncountableReason):
            # What was carried is uncountable in the period that it occurred in.
            if event.occurred_at in self.scope.period:
                self.uncountable.append(
                    Uncountable(*self._place(), version.key, version.version, logged.position, value)
                )
            return
        key = (version.key, version.version, dimension_values(version, event) if version.dimensions else ())
        fold = self.folds.get(key)
        if fold is None:
            fold = self.folds[key] = fold_of(version, self.span)
        fold.add(value, event.occurred_at, logged.position)
        if version.key in self.scope.by_transaction and isinstance(value, Decimal):
            self.transactions.setdefault(key, []).append(Transaction(event.occurred_at, logged.position, value))

    def _place(self) -> tuple[str, datetime]:
        return self.scope.subscription.id, self.scope.period.start


def _by_type(meters: Iterable[Meter]) -> dict[str, list[Meter]]:
    """The meters that read each event type, by any of their versions."""
    by_type: dict[str, list[Meter]] = defaultdict(list)
    for meter in meters:
        for event_type in {version.event_type for version in meter.versions}:
            by_type[event_type].append(meter)
    return by_type
