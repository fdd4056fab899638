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
    folds = [_Fold(scope, _by_type(scope.meters)) for scope in scopes]
    by_customer: dict[str, list[_Fold]] = defaultdict(list)
    for fold in folds:
        by_customer[fold.scope.subscription.customer].append(fold)
    for logged in events:
        for fold in by_customer.get(logged.event.customer, ()):
            if covers(fold.scope, logged.event):
                fold.add(logged)
    counts = {key: count for fold in folds for key, count in fold.keyed_counts()}
    return Recount(counts, tuple(item for fold in folds for item in fold.uncountable))


def covers(scope: CountingScope, event: UsageEvent) -> bool:
    """Whether `event`, of the scope's customer, belongs to its subscription and period."""
    named = event.subscription
    return event.occurred_at in scope.period and (named is None or named == scope.subscription.key)


@dataclass(slots=True)
class _Fold:
    """The counts of one scope in progress, by meter, version and dimension values."""

    scope: CountingScope
    meters: Mapping[str, Sequence[Meter]]
    counts: dict[tuple[str, int, Dimensions], Count] = field(default_factory=dict)
    uncountable: list[Uncountable] = field(default_factory=list)

    def add(self, logged: LoggedEvent) -> None:
        event = logged.event
        for meter in self.meters.get(event.type, ()):
            version = meter.version_at(event.occurred_at)
            if version is None or not matches(version, event):
                continue
            value = event_value(version, event)
            if isinstance(value, UncountableReason):
                self.uncountable.append(
                    Uncountable(*self._place(), version.key, version.version, logged.position, value)
                )
                continue
            key = (version.key, version.version, dimension_values(version, event))
            count = self.counts.get(key)
            if count is None:
                count = self.counts[key] = Count(version.aggregation)
            count.add(value)

    def keyed_counts(self) -> Iterator[tuple[CountKey, Count]]:
        for (meter, version, dimensions), count in self.counts.items():
            yield CountKey(*self._place(), meter, version, dimensions), count

    def _place(self) -> tuple[str, datetime]:
        return self.scope.subscription.id, self.scope.period.start


def _by_type(meters: Iterable[Meter]) -> dict[str, list[Meter]]:
    """The meters that read each event type, by any of their versions."""
    by_type: dict[str, list[Meter]] = defaultdict(list)
    for meter in meters:
        for event_type in {version.event_type for version in meter.versions}:
            by_type[event_type].append(meter)
    return by_type


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
