"""The recount: the pure fold that turns logged events into quantities.

This is the second, exact count. It shares no code with the live projection, so that a fault in one cannot hide in the
other; only the definitions they read are common.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from gateway.core.errors import InvalidValue
from gateway.core.events import LoggedEvent, PropertyValue, UsageEvent
from gateway.core.meters import Aggregation, Dimensions, Meter, MeterVersion, UncountableReason
from gateway.core.numbers import EXACT, meter_value, plain, quantity_places, read_decimal, round_half_up
from gateway.core.periods import BillingPeriod
from gateway.core.subscriptions import Subscription


@dataclass(frozen=True, slots=True)
class CountingScope:
    """What to count: one subscription's priced meters over one period."""

    subscription: Subscription
    period: BillingPeriod
    meters: tuple[Meter, ...]


@dataclass(frozen=True, slots=True)
class CountKey:
    """Which count: a subscription's period, meter version and dimension values."""

    subscription_id: str
    period_start: datetime
    meter: str
    version: int
    dimensions: Dimensions = ()


@dataclass(slots=True)
class Count:
    """A fold in progress: the events counted and what their values add up to."""

    aggregation: Aggregation
    events: int = 0
    total: Decimal = Decimal(0)
    values: set[str] = field(default_factory=set)

    def add(self, value: Decimal | str | None) -> None:
        """Fold in one event's value, as `event_value` read it."""
        self.events += 1
        if isinstance(value, Decimal):
            self.total = EXACT.add(self.total, value)
        elif isinstance(value, str):
            self.values.add(value)

    @property
    def quantity(self) -> Decimal:
        """The quantity to bill, rounded half-up to 12 places."""
        match self.aggregation:
            case Aggregation.COUNT:
                return Decimal(self.events)
            case Aggregation.SUM:
                return round_half_up(self.total, quantity_places)
            case Aggregation.UNIQUE_COUNT:
                return Decimal(len(self.values))


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
    """Count `events`, in any order, for every scope; memory grows with the counts and the uncountable events only."""
    counters = [_ScopeCounter(scope) for scope in scopes]
    by_customer: dict[str, list[_ScopeCounter]] = defaultdict(list)
    for counter in counters:
        by_customer[counter.scope.subscription.customer].append(counter)
    for logged in events:
        for counter in by_customer.get(logged.event.customer, ()):
            counter.count(logged)
    return Recount(
        {key: count for counter in counters for key, count in counter.counts()},
        tuple(item for counter in counters for item in counter.uncountable),
    )


def covers(scope: CountingScope, event: UsageEvent) -> bool:
    """Whether `event`, of the scope's customer, belongs to its subscription and period."""
    named = event.subscription
    return event.occurred_at in scope.period and (named is None or named == scope.subscription.key)


class _ScopeCounter:
    """Folds events into the counts of one scope."""

    def __init__(self, scope: CountingScope) -> None:
        self.scope = scope
        self.uncountable: list[Uncountable] = []
        self._by_type: dict[str, list[Meter]] = defaultdict(list)
        self._counts: dict[tuple[str, int], dict[Dimensions, Count]] = {}
        for meter in scope.meters:
            for event_type in {version.event_type for version in meter.versions}:
                self._by_type[event_type].append(meter)

    def count(self, logged: LoggedEvent) -> None:
        """Count an event of the scope's customer for every meter that reads it."""
        event = logged.event
        meters = self._by_type.get(event.type)
        if meters is None or not covers(self.scope, event):
            return
        for meter in meters:
            version = meter.version_at(event.occurred_at)
            if version is not None and matches(version, event):
                self._count(version, logged)

    def counts(self) -> Iterator[tuple[CountKey, Count]]:
        """What has been counted, by key."""
        for (meter, version), by_dimensions in self._counts.items():
            for dimensions, count in by_dimensions.items():
                place = (self.scope.subscription.id, self.scope.period.start)
                yield CountKey(*place, meter, version, dimensions), count

    def _count(self, version: MeterVersion, logged: LoggedEvent) -> None:
        value = event_value(version, logged.event)
        if isinstance(value, UncountableReason):
            place = (self.scope.subscription.id, self.scope.period.start)
            self.uncountable.append(Uncountable(*place, version.key, version.version, logged.position, value))
            return
        by_dimensions = self._counts.setdefault((version.key, version.version), {})
        dimensions = dimension_values(version, logged.event) if version.dimensions else ()
        count = by_dimensions.get(dimensions)
        if count is None:
            by_dimensions[dimensions] = count = Count(version.aggregation)
        count.add(value)


def matches(version: MeterVersion, event: UsageEvent) -> bool:
    """Whether the meter reads this event at all: its type and filters."""
    if event.type != version.event_type:
        return False
    return not version.filters or all(
        scalar_text(event.properties.get(rule.property)) in rule.values for rule in version.filters
    )


def event_value(version: MeterVersion, event: UsageEvent) -> Decimal | str | UncountableReason | None:
    """What the event contributes: a number to a sum, a text to a unique count, None to a count; or why nothing."""
    if version.value_property is None:
        return None
    raw = event.properties.get(version.value_property)
    if raw is None:
        return UncountableReason.MISSING
    if version.aggregation is Aggregation.UNIQUE_COUNT:
        text = scalar_text(raw)
        return UncountableReason.NOT_A_SCALAR if text is None else text
    return _number(raw)


def _number(raw: PropertyValue) -> Decimal | UncountableReason:
    if isinstance(raw, bool) or not isinstance(raw, (int, str, Decimal)):
        return UncountableReason.NOT_A_NUMBER
    try:
        number = read_decimal(raw) if isinstance(raw, str) else Decimal(raw)
    except InvalidValue:
        return UncountableReason.NOT_A_NUMBER
    try:
        return meter_value(number)
    except InvalidValue:
        return UncountableReason.TOO_LARGE


def dimension_values(version: MeterVersion, event: UsageEvent) -> Dimensions:
    """The event's value of every dimension as text; missing or not a scalar is the empty text."""
    return tuple((name, scalar_text(event.properties.get(name)) or "") for name in version.dimensions)


def scalar_text(value: PropertyValue) -> str | None:
    """A scalar as text, numbers in shortest plain notation; None for anything else."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return plain(Decimal(value))
        case str():
            return value
        case _:
            return None
