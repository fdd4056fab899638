"""The fold of the live projection: a chunk of the log becomes what it adds to the live counts.

Events are gathered first by all that decides where they are counted (type, customer, subscription named, slot of time,
dimensions), then each group is counted at once: that is what makes it fast.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from gateway.core.live import (
    Bucket,
    CustomerPositions,
    LiveDelta,
    LiveSeries,
    LiveTally,
    LiveUncountable,
    Unattributed,
    UnattributedReason,
)
from gateway.core.meters import Aggregation, Dimensions, Meter, MeterVersion, UncountableReason
from gateway.core.numbers import EXACT, meter_digits_before_max
from gateway.core.periods import BillingPeriod
from gateway.core.time import EPOCH, microseconds
from gateway.services.counting_rules import CountedSubscription, CountingRules, TypeRules, has_odd_offsets
from gateway.services.property_values import read_number, read_text, read_value
from gateway.services.recent_events import RecordedRun
from gateway.wire.events import WireEvent

_integer_bound = 10**meter_digits_before_max
_NO_RULES = TypeRules(())

GroupKey = tuple[str, str, str | None, int, tuple[bytes | None, ...]]


@dataclass(slots=True)
class _Group:
    """Events that are counted alike, with their positions."""

    events: list[WireEvent] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a group is counted: the subscription, its period, and the start of the hour on the subscription's grid."""

    counted: CountedSubscription
    period: BillingPeriod
    hour: datetime


@dataclass(slots=True)
class _Counted:
    """A group's values for one meter, and what it could not count."""

    tally: LiveTally
    left_out: list[tuple[int, UncountableReason]]


def fold(runs: Sequence[RecordedRun], rules: CountingRules) -> LiveDelta:
    """What the events of `runs` add to the live counts."""
    groups = _gather(runs, rules)
    counter = _Counter(rules)
    for key, group in groups.items():
        counter.count(key, group)
    counter.delta.index = _index(groups)
    return counter.delta


def _gather(runs: Sequence[RecordedRun], rules: CountingRules) -> dict[GroupKey, _Group]:
    groups: dict[GroupKey, _Group] = {}
    slot, by_type = rules.slot, rules.by_type
    for run in runs:
        for position, event in enumerate(run.events, run.first_position):
            names = by_type.get(event.type, _NO_RULES).properties
            properties = event.properties
            values = tuple([bytes(properties[name]) if name in properties else None for name in names])
            key = (event.type, event.customer, event.subscription, (event.occurred_at - EPOCH) // slot, values)
            group = groups.get(key)
            if group is None:
                groups[key] = group = _Group()
            group.events.append(event)
            group.positions.append(position)
    return groups


def _index(groups: dict[GroupKey, _Group]) -> list[CustomerPositions]:
    positions: dict[str, list[int]] = {}
    times: dict[str, list[datetime]] = {}
    for (_, customer, *_), group in groups.items():
        positions.setdefault(customer, []).extend(group.positions)
        occurred = [event.occurred_at for event in group.events]
        times.setdefault(customer, []).extend((min(occurred), max(occurred)))
    return [
        CustomerPositions(customer, sorted(found), min(times[customer]), max(times[customer]))
        for customer, found in sorted(positions.items())
    ]


class _Counter:
    """Counts groups into one delta."""

    def __init__(self, rules: CountingRules) -> None:
        self.delta = LiveDelta()
        self._rules = rules
        self._texts: dict[bytes | None, str | None] = {}

    def count(self, key: GroupKey, group: _Group) -> None:
        """Count a group; one whose slot holds a boundary of any kind is counted event by event."""
        event_type, customer, named, slot_number, values = key
        start = EPOCH + slot_number * self._rules.slot
        slot = BillingPeriod(start, start + self._rules.slot)
        subscriptions = self._rules.by_customer.get(customer, ())
        if all(_is_uniform(counted, event_type, slot) for counted in subscriptions):
            self._count_at(start, event_type, named, subscriptions, values, group)
            return
        for event, position in zip(group.events, group.positions, strict=True):
            one = _Group([event], [position])
            self._count_at(event.occurred_at, event_type, named, subscriptions, values, one)

    def _count_at(
        self,
        instant: datetime,
        event_type: str,
        named: str | None,
        subscriptions: Sequence[CountedSubscription],
        values: tuple[bytes | None, ...],
        group: _Group,
    ) -> None:
        places = list(_places(instant, named, subscriptions))
        if not places:
            self._leave_unattributed(group, UnattributedReason.of(named))
            return
        properties = dict(zip(self._rules.by_type.get(event_type, _NO_RULES).properties, values, strict=True))
        memory: dict[tuple[str | None, Aggregation], _Counted] = {}
        for place in places:
            for meter in place.counted.meters_by_type.get(event_type, ()):
                version = meter.version_at(instant)
                if version is not None and self._matches(version, event_type, properties):
                    self._count_meter(place, version, properties, group, memory)

    def _count_meter(
        self,
        place: _Place,
        version: MeterVersion,
        properties: dict[str, bytes | None],
        group: _Group,
        memory: dict[tuple[str | None, Aggregation], _Counted],
    ) -> None:
        asked = (version.value_property, version.aggregation)
        counted = memory.get(asked)
        if counted is None:
            memory[asked] = counted = _count_values(group.events, *asked)
        subscription_id = place.counted.subscription.id
        if counted.tally.events:
            dimensions: Dimensions = tuple((name, self._text(properties[name]) or "") for name in version.dimensions)
            buckets = self.delta.tallies.setdefault(
                LiveSeries(subscription_id, version.key, version.version, dimensions), {}
            )
            _add(buckets.setdefault((Bucket.PERIOD, microseconds(place.period.start)), LiveTally()), counted.tally)
            _add(buckets.setdefault((Bucket.HOUR, microseconds(place.hour)), LiveTally()), counted.tally)
        self.delta.uncountable += [
            LiveUncountable(
                subscription_id,
                version.key,
                version.version,
                group.positions[ordinal],
                group.events[ordinal].occurred_at,
                reason,
            )
            for ordinal, reason in counted.left_out
        ]

    def _matches(self, version: MeterVersion, event_type: str, properties: dict[str, bytes | None]) -> bool:
        return version.event_type == event_type and all(
            self._text(properties[rule.property]) in rule.values for rule in version.filters
        )

    def _text(self, raw: bytes | None) -> str | None:
        if raw not in self._texts:
            self._texts[raw] = read_text(raw)
        return self._texts[raw]

    def _leave_unattributed(self, group: _Group, reason: UnattributedReason) -> None:
        self.delta.unattributed += [
            Unattributed(position, event.customer, event.type, event.occurred_at, reason)
            for event, position in zip(group.events, group.positions, strict=True)
        ]


def _is_uniform(counted: CountedSubscription, event_type: str, slot: BillingPeriod) -> bool:
    """Whether every instant of `slot` is counted alike: in one period, or in none, and by one version of each meter."""
    if counted.is_apart_from(slot):
        return True
    period = counted.period_at(slot.start)
    if period is None or slot.end > period.end:
        return False
    return not any(_changes_in(meter, slot) for meter in counted.meters_by_type.get(event_type, ()))


def _changes_in(meter: Meter, slot: BillingPeriod) -> bool:
    return len(meter.versions) > 1 and any(slot.start < v.effective_from < slot.end for v in meter.versions)


def _places(instant: datetime, named: str | None, subscriptions: Sequence[CountedSubscription]) -> Iterator[_Place]:
    for counted in subscriptions:
        if named is not None and counted.subscription.key != named:
            continue
        period = counted.period_at(instant)
        if period is not None:
            yield _Place(counted, period, _hour(instant, counted))


def _hour(instant: datetime, counted: CountedSubscription) -> datetime:
    minute = instant.minute // 15 * 15 if has_odd_offsets(counted.subscription.zone) else 0
    return instant.astimezone(UTC).replace(minute=minute, second=0, microsecond=0)


def _add(tally: LiveTally, other: LiveTally) -> None:
    tally.events += other.events
    if isinstance(tally.total, int) and isinstance(other.total, int):
        tally.total += other.total
    else:
        tally.total = EXACT.add(Decimal(tally.total), Decimal(other.total))
    for value, times in other.values.items():
        tally.values[value] = tally.values.get(value, 0) + times


def _count_values(events: Sequence[WireEvent], name: str | None, aggregation: Aggregation) -> _Counted:
    if name is None:
        return _Counted(LiveTally(len(events)), [])
    if aggregation is Aggregation.UNIQUE_COUNT:
        return _count_unique(events, name)
    return _sum_integers(events, name) or _sum_decimals(events, name)


def _sum_integers(events: Sequence[WireEvent], name: str) -> _Counted | None:
    """The sum where every value is a JSON integer of few digits, as most are; else None."""
    try:
        numbers = [int(event.properties[name]) for event in events]
    except (KeyError, ValueError):
        return None
    if max(map(abs, numbers)) >= _integer_bound:
        return None
    return _Counted(LiveTally(len(numbers), sum(numbers)), [])


def _sum_decimals(events: Sequence[WireEvent], name: str) -> _Counted:
    counted = _Counted(LiveTally(total=Decimal(0)), [])
    for ordinal, event in enumerate(events):
        value = read_number(_raw(event, name))
        if isinstance(value, UncountableReason):
            counted.left_out.append((ordinal, value))
            continue
        counted.tally.events += 1
        counted.tally.total = EXACT.add(Decimal(counted.tally.total), value)
    return counted


def _count_unique(events: Sequence[WireEvent], name: str) -> _Counted:
    counted = _Counted(LiveTally(), [])
    values = counted.tally.values
    for ordinal, event in enumerate(events):
        value = read_value(_raw(event, name))
        if isinstance(value, UncountableReason):
            counted.left_out.append((ordinal, value))
            continue
        counted.tally.events += 1
        values[value] = values.get(value, 0) + 1
    return counted


def _raw(event: WireEvent, name: str) -> bytes | None:
    raw = event.properties.get(name)
    return None if raw is None else bytes(raw)
