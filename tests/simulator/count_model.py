"""The model's own count: which meters of which subscriptions have to count an event, and to what quantity.

A third implementation beside the projection and the recount, written from the design. It shares only the definitions
and the boundaries of periods with them.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, Inexact
from functools import cached_property

from gateway.core.metering.live import Bucket, UnattributedReason
from gateway.core.metering.meter import Aggregation, Dimensions, Meter, MeterVersion, UncountableReason
from gateway.core.periods.period import BillingPeriod
from gateway.core.plans.plan import PlanVersion
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Subscription
from tests.simulator.log_model import Sent

_WIDE = Context(prec=100, traps=[Inexact])
QUARTER_ZONES = frozenset({"Asia/Kathmandu", "Australia/Lord_Howe"})
Series = tuple[str, str, int, Dimensions]
"""Subscription, meter, version of the meter, dimension values."""
BucketKey = tuple[Series, Bucket, datetime]
Uncounted = tuple[str, str, int, int, UncountableReason]
"""Subscription, meter, version of the meter, position, reason."""


@dataclass(slots=True)
class Tally:
    """Events of one bucket, the sum of their values, and their distinct values."""

    events: int = 0
    total: Decimal = Decimal(0)
    values: set[str] = field(default_factory=set)

    def quantity(self, aggregation: Aggregation) -> Decimal:
        """What is billed."""
        by_aggregation = {
            Aggregation.COUNT: Decimal(self.events),
            Aggregation.SUM: self.total,
            Aggregation.UNIQUE_COUNT: Decimal(len(self.values)),
        }
        return by_aggregation[aggregation]


@dataclass(frozen=True)
class Defined:
    """All definitions at one time."""

    customers: frozenset[str]
    types: frozenset[str]
    meters: Mapping[str, Meter]
    plans: Mapping[tuple[str, int], PlanVersion]
    subscriptions: tuple[Subscription, ...]

    @classmethod
    def read(cls, unit: UnitOfWork) -> "Defined":
        """The definitions that are stored."""
        definitions = unit.definitions
        return cls(
            definitions.customer_keys(),
            definitions.event_types(),
            definitions.meters(),
            {(plan.plan, plan.version): plan for plan in definitions.plans()},
            tuple(definitions.subscriptions()),
        )

    @cached_property
    def by_customer(self) -> Mapping[str, list[Subscription]]:
        """The subscriptions of each customer."""
        found: defaultdict[str, list[Subscription]] = defaultdict(list)
        for subscription in self.subscriptions:
            found[subscription.customer].append(subscription)
        return found

    @cached_property
    def _periods(self) -> dict[str, list[BillingPeriod]]:
        return defaultdict(list)

    def plan_of(self, subscription: Subscription) -> PlanVersion:
        """The plan version that a subscription is on."""
        return self.plans[subscription.plan, subscription.plan_version]

    def period_at(self, subscription: Subscription, instant: datetime) -> BillingPeriod | None:
        """The period of a subscription that contains `instant`, remembered."""
        for period in self._periods[subscription.id]:
            if period.start <= instant < period.end:
                return period
        found = subscription.period_at(instant)
        if found is not None:
            self._periods[subscription.id].append(found)
        return found

    def covering(self, sent: Sent) -> list[tuple[Subscription, BillingPeriod]]:
        """The subscriptions that an event belongs to, with their periods."""
        return [
            (subscription, period)
            for subscription in self.by_customer.get(sent.customer, ())
            if sent.subscription in {None, subscription.key}
            and (period := self.period_at(subscription, sent.occurred_at)) is not None
        ]

    def reading(self, subscription: Subscription, sent: Sent) -> Iterator[MeterVersion]:
        """The meter versions that read an event for a subscription."""
        for key in self.plan_of(subscription).metered:
            in_force = [each for each in self.meters[key].versions if each.effective_from <= sent.occurred_at]
            if in_force and in_force[-1].event_type == sent.type and _passes(in_force[-1], sent):
                yield in_force[-1]


@dataclass(slots=True)
class CountModel:
    """The counts of all events by the present definitions."""

    defined: Defined
    events: list[Sent]
    tallies: dict[BucketKey, Tally] = field(default_factory=dict)
    uncounted: set[Uncounted] = field(default_factory=set)
    unattributed: dict[int, UnattributedReason] = field(default_factory=dict)
    by_customer: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    touched: set[str] = field(default_factory=set)
    """The customers whose counts have changed since somebody looked."""

    def redefine(self, defined: Defined) -> None:
        """Count everything again by other definitions."""
        self.defined = defined
        self.tallies, self.uncounted, self.unattributed = {}, set(), {}
        self.by_customer.clear()
        for position in range(1, len(self.events) + 1):
            self.add(position)

    def add(self, position: int) -> None:
        """Count the event at `position`."""
        sent = self.events[position - 1]
        self.by_customer[sent.customer].append(position)
        self.touched.add(sent.customer)
        covering = self.defined.covering(sent)
        if not covering:
            is_named = sent.subscription is not None
            reason = UnattributedReason.UNKNOWN_SUBSCRIPTION if is_named else UnattributedReason.NO_SUBSCRIPTION
            self.unattributed[position] = reason
        for subscription, period in covering:
            hour = _hour(subscription, sent.occurred_at)
            for version in self.defined.reading(subscription, sent):
                value = read_value(version, sent)
                if isinstance(value, UncountableReason):
                    self.uncounted.add((subscription.id, version.key, version.version, position, value))
                    continue
                series = (subscription.id, version.key, version.version, dimensions_of(version, sent))
                for key in ((series, Bucket.PERIOD, period.start), (series, Bucket.HOUR, hour)):
                    add_value(self.tallies.setdefault(key, Tally()), value)


@dataclass(frozen=True, slots=True)
class PeriodCount:
    """What the model counts for one period of a subscription, up to a position."""

    tallies: Mapping[Series, Tally]
    uncounted: tuple[Uncounted, ...]


def count_period(
    model: CountModel, defined: Defined, subscription: Subscription, period: BillingPeriod, up_to: int
) -> PeriodCount:
    """Count one period by any definitions, from the events themselves."""
    tallies: dict[Series, Tally] = {}
    uncounted: list[Uncounted] = []
    for position in model.by_customer[subscription.customer]:
        sent = model.events[position - 1]
        if position > up_to or not period.start <= sent.occurred_at < period.end:
            continue
        if sent.subscription not in {None, subscription.key}:
            continue
        for version in defined.reading(subscription, sent):
            value = read_value(version, sent)
            if isinstance(value, UncountableReason):
                uncounted.append((subscription.id, version.key, version.version, position, value))
            else:
                series = (subscription.id, version.key, version.version, dimensions_of(version, sent))
                add_value(tallies.setdefault(series, Tally()), value)
    return PeriodCount(tallies, tuple(uncounted))


def add_value(tally: Tally, value: Decimal | str | None) -> None:
    """Count one event of this value."""
    tally.events += 1
    if isinstance(value, Decimal):
        tally.total = _WIDE.add(tally.total, value)
    elif value is not None:
        tally.values.add(value)


def read_value(version: MeterVersion, sent: Sent) -> Decimal | str | UncountableReason | None:
    """What an event adds to a meter, or why it adds nothing."""
    if version.value_property is None:
        return None
    value = sent.value(version.value_property)
    if value is None or value.number is UncountableReason.MISSING:
        return UncountableReason.MISSING
    if version.aggregation is Aggregation.UNIQUE_COUNT:
        return UncountableReason.NOT_A_SCALAR if value.text is None else value.text
    return value.number


def dimensions_of(version: MeterVersion, sent: Sent) -> Dimensions:
    """The dimension values of an event."""
    return tuple((name, (value.text or "") if (value := sent.value(name)) else "") for name in version.dimensions)


def _passes(version: MeterVersion, sent: Sent) -> bool:
    texts = {rule.property: value.text if (value := sent.value(rule.property)) else None for rule in version.filters}
    return all(texts[rule.property] in rule.values for rule in version.filters)


def _hour(subscription: Subscription, instant: datetime) -> datetime:
    minutes = 15 if subscription.time_zone in QUARTER_ZONES else 60
    at = instant.astimezone(UTC)
    return at.replace(minute=0, second=0, microsecond=0) + timedelta(minutes=at.minute // minutes * minutes)
