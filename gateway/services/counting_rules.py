"""Who counts what, compiled from the definitions: which subscription and meter versions an event belongs to."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from gateway.core.definitions.writing_meters import meter_options_document
from gateway.core.metering.meter import Meter, MeterVersion
from gateway.core.periods.period import BillingPeriod
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Subscription
from gateway.core.time import instant_text

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
_remembered_periods_max = 64


@dataclass(slots=True)
class CountedSubscription:
    """A subscription with the meters that its plan prices.

    `is_by_quarters` says whether its zone needs live counts by the quarter of an hour.
    """

    subscription: Subscription
    meters: tuple[Meter, ...]
    fingerprint: str
    meters_by_type: dict[str, tuple[Meter, ...]]
    is_by_quarters: bool
    _periods: list[BillingPeriod] = field(default_factory=list)

    def period_at(self, instant: datetime) -> BillingPeriod | None:
        """The billing period that contains `instant`; recent answers are remembered."""
        for place, period in enumerate(self._periods):
            if instant in period:
                if place:
                    self._periods.insert(0, self._periods.pop(place))
                return period
        found = self.subscription.period_at(instant)
        if found is not None:
            self._periods.insert(0, found)
            del self._periods[_remembered_periods_max:]
        return found


@dataclass(frozen=True, slots=True)
class CountingRules:
    """The definitions of one version, compiled.

    `by_type` names, for each event type that a meter reads, the properties that decide where an event is counted: all
    dimensions and filters. `slot` is the grid of time on which charts and zones agree.
    """

    version: int
    by_customer: Mapping[str, tuple[CountedSubscription, ...]]
    by_type: Mapping[str, tuple[str, ...]]
    slot: timedelta

    def fingerprints(self) -> dict[str, str]:
        """What each subscription is counted by, by its id."""
        return {
            counted.subscription.id: counted.fingerprint for group in self.by_customer.values() for counted in group
        }


def load_counting_rules(unit: UnitOfWork) -> CountingRules:
    """Compile the definitions as `unit` sees them."""
    version = unit.definitions.version()
    meters = unit.definitions.meters()
    plans = {(plan.plan, plan.version): plan for plan in unit.definitions.plans()}
    by_customer: dict[str, list[CountedSubscription]] = {}
    for subscription in unit.definitions.subscriptions():
        priced = plans[subscription.plan, subscription.plan_version].metered
        counted = _counted(subscription, tuple(meters[key] for key in sorted(priced)))
        by_customer.setdefault(subscription.customer, []).append(counted)
    needs_quarters = any(counted.is_by_quarters for group in by_customer.values() for counted in group)
    return CountingRules(
        version,
        {customer: tuple(group) for customer, group in by_customer.items()},
        _deciding_properties(meter for group in by_customer.values() for counted in group for meter in counted.meters),
        QUARTER if needs_quarters else HOUR,
    )


def rules_of(subscription: Subscription, meters: tuple[Meter, ...]) -> CountingRules:
    """The rules by which one subscription's events are counted by these meters."""
    counted = _counted(subscription, meters)
    slot = QUARTER if counted.is_by_quarters else HOUR
    return CountingRules(0, {subscription.customer: (counted,)}, _deciding_properties(meters), slot)


def _counted(subscription: Subscription, meters: tuple[Meter, ...]) -> CountedSubscription:
    by_type: dict[str, list[Meter]] = {}
    for meter in meters:
        for event_type in sorted({version.event_type for version in meter.versions}):
            by_type.setdefault(event_type, []).append(meter)
    return CountedSubscription(
        subscription,
        meters,
        _fingerprint(subscription, meters),
        {event_type: tuple(group) for event_type, group in by_type.items()},
        has_odd_offsets(subscription.zone),
    )


def _deciding_properties(meters: Iterable[Meter]) -> dict[str, tuple[str, ...]]:
    properties: dict[str, set[str]] = {}
    for version in {version for meter in meters for version in meter.versions}:
        named = properties.setdefault(version.event_type, set())
        named.update(version.deciding_properties)
    return {event_type: tuple(sorted(named)) for event_type, named in properties.items()}


def _fingerprint(subscription: Subscription, meters: tuple[Meter, ...]) -> str:
    """Changes whenever the same events could be counted otherwise for this subscription."""
    ends_at = subscription.ends_at and instant_text(subscription.ends_at)
    described = [
        instant_text(subscription.starts_at),
        ends_at,
        instant_text(subscription.anchor),
        subscription.time_zone,
        [subscription.interval.unit, subscription.interval.count],
        [_description(version) for meter in meters for version in meter.versions],
    ]
    return hashlib.blake2b(json.dumps(described).encode(), digest_size=16).hexdigest()


def _description(version: MeterVersion) -> list[object]:
    options = meter_options_document(version)
    return [
        version.key,
        version.version,
        version.event_type,
        version.aggregation,
        version.value_property,
        version.dimensions,
        [[rule.property, rule.values, *([True] if rule.or_missing else [])] for rule in version.filters],
        instant_text(version.effective_from),
        *([options] if options else []),
    ]


@lru_cache(maxsize=1024)
def has_odd_offsets(zone: ZoneInfo) -> bool:
    """Whether the zone was ever a part of an hour off UTC in the years of computers, so that its days need quarters."""
    samples = (datetime(year, month, 1, tzinfo=zone) for year in range(1970, 2038) for month in (1, 7))
    return any((sample.utcoffset() or HOUR) % HOUR for sample in samples)
