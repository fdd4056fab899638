"""The recount: the pure fold that turns logged events into quantities.

This is the second, exact count. It shares no code with the live projection, so that a fault in one cannot hide in the
other; only the definitions they read are common.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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
    by_customer: dict[str, list[CountingScope]] = defaultdict(list)
    for scope in scopes:
        by_customer[scope.subscription.customer].append(scope)
    counts: dict[CountKey, Count] = {}
    uncountable: list[Uncountable] = []
    for logged in events:
        for scope in by_customer.get(logged.event.customer, ()):
            if covers(scope, logged.event):
                _count(logged, scope, counts, uncountable)
    return Recount(counts, tuple(uncountable))


def covers(scope: CountingScope, event: UsageEvent) -> bool:
    """Whether `event`, of the scope's customer, belongs to its subscription and period."""
    named = event.subscription
    return event.occurred_at in scope.period and (named is None or named == scope.subscription.key)


def _count(
    logged: LoggedEvent, scope: CountingScope, counts: dict[CountKey, Count], uncountable: list[Uncountable]
) -> None:
    for meter in scope.meters:
        version = meter.version_at(logged.event.occurred_at)
        if version is None or not matches(version, logged.event):
            continue
        value = event_value(version, logged.event)
        scope_key = (scope.subscription.id, scope.period.start, version.key, version.version)
        if isinstance(value, UncountableReason):
            uncountable.append(Uncountable(*scope_key, logged.position, value))
            continue
        key = CountKey(*scope_key, dimension_values(version, logged.event))
        if key not in counts:
            counts[key] = Count(version.aggregation)
        counts[key].add(value)


def matches(version: MeterVersion, event: UsageEvent) -> bool:
    """Whether the meter reads this event at all: its type and filters."""
    return event.type == version.event_type and all(
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
