"""Where an event is counted live: the series and buckets of every meter that reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.core.live import Bucket, LiveSeries, TallyKey
from gateway.core.meters import Aggregation, Dimensions, Meter, MeterVersion
from gateway.core.periods import BillingPeriod
from gateway.core.time import microseconds
from gateway.services.counting_rules import CountedSubscription, CountingRules

Reading = tuple[str | None, Aggregation]
"""The value property of a meter version (None if it has none) and what becomes of the values."""


@dataclass(frozen=True, slots=True)
class Asked:
    """All that decides where an event is counted, but for its time: `texts` are its deciding properties as text."""

    event_type: str
    customer: str
    named: str | None
    texts: Mapping[str, str | None]


SeriesByReading = Mapping[Reading, tuple[LiveSeries, ...]]


class BucketNumbers:
    """Numbers for buckets, because integers are looked up much faster than keys; and the series known so far."""

    def __init__(self) -> None:
        self.keys: list[TallyKey] = []
        self.series: dict[tuple[str, str, tuple[str | None, ...]], SeriesByReading] = {}
        self._numbers: dict[TallyKey, int] = {}

    def number(self, key: TallyKey) -> int:
        """The number of a bucket, which is its place in `keys`."""
        found = self._numbers.setdefault(key, len(self.keys))
        if found == len(self.keys):
            self.keys.append(key)
        return found


@dataclass(frozen=True, slots=True)
class Target:
    """What meters read of an event, the series that count it so, and the numbers of all their buckets."""

    reads: Reading
    series: tuple[LiveSeries, ...]
    buckets: tuple[int, ...]


_READ_BY_NONE = (Target((None, Aggregation.COUNT), (), ()),)


def uniform_targets(
    rules: CountingRules, asked: Asked, start: datetime, buckets: BucketNumbers
) -> Sequence[Target] | None:
    """The targets of every event in the slot that begins at `start`, empty where no subscription covers it.

    None if they are not the same for every instant: a period, a subscription or a meter version begins or ends within.
    """
    slot = BillingPeriod(start, start + rules.slot)
    if not all(_is_uniform(counted, asked.event_type, slot) for counted in rules.by_customer.get(asked.customer, ())):
        return None
    return targets_at(rules, asked, start, buckets)


def targets_at(rules: CountingRules, asked: Asked, instant: datetime, buckets: BucketNumbers) -> Sequence[Target]:
    """The targets of an event of `instant`: one for each way of reading it, empty where no subscription covers it."""
    active = [
        (counted, period)
        for counted in rules.by_customer.get(asked.customer, ())
        if asked.named is None or counted.subscription.key == asked.named
        if (period := counted.period_at(instant)) is not None
    ]
    series: dict[Reading, tuple[LiveSeries, ...]] = {}
    numbers: dict[Reading, list[int]] = {}
    for counted, period in active:
        starts = ((Bucket.PERIOD, microseconds(period.start)), (Bucket.HOUR, microseconds(_hour(instant, counted))))
        for reads, group in _series_by_reading(counted, asked, instant, buckets).items():
            series[reads] = series.get(reads, ()) + group
            numbers.setdefault(reads, []).extend([buckets.number((one, *start)) for one in group for start in starts])
    if active and not series:
        return _READ_BY_NONE
    return [Target(reads, group, tuple(numbers[reads])) for reads, group in series.items()]


def _series_by_reading(
    counted: CountedSubscription, asked: Asked, instant: datetime, buckets: BucketNumbers
) -> SeriesByReading:
    """The series of a subscription that count an event, remembered where that is the same at all times."""
    if asked.event_type not in counted.timeless_types:
        return _find_series(counted, asked, instant)
    key = (counted.subscription.id, asked.event_type, tuple(asked.texts.values()))
    found = buckets.series.get(key)
    if found is None:
        found = buckets.series[key] = _find_series(counted, asked, instant)
    return found


def _find_series(counted: CountedSubscription, asked: Asked, instant: datetime) -> SeriesByReading:
    found: dict[Reading, tuple[LiveSeries, ...]] = {}
    for meter in counted.meters_by_type.get(asked.event_type, ()):
        version = meter.version_at(instant)
        if version is not None and _reads(version, asked):
            reads = (version.value_property, version.aggregation)
            one = LiveSeries(counted.subscription.id, version.key, version.version, _dimensions(version, asked))
            found[reads] = (*found.get(reads, ()), one)
    return found


def _is_uniform(counted: CountedSubscription, event_type: str, slot: BillingPeriod) -> bool:
    if not counted.subscription.overlaps(slot.start, slot.end):
        return True
    period = counted.period_at(slot.start)
    if period is None or slot.end > period.end:
        return False
    if event_type in counted.timeless_types:
        return True
    return not any(_changes_in(meter, slot) for meter in counted.meters_by_type.get(event_type, ()))


def _changes_in(meter: Meter, slot: BillingPeriod) -> bool:
    return any(slot.start < version.effective_from < slot.end for version in meter.versions)


def _dimensions(version: MeterVersion, asked: Asked) -> Dimensions:
    return tuple((name, asked.texts[name] or "") for name in version.dimensions)


def _reads(version: MeterVersion, asked: Asked) -> bool:
    return version.event_type == asked.event_type and all(
        asked.texts[rule.property] in rule.values for rule in version.filters
    )


def _hour(instant: datetime, counted: CountedSubscription) -> datetime:
    # An event's own offset may have minutes, so these are told only after it is gone.
    at = instant.astimezone(UTC)
    minute = at.minute // 15 * 15 if counted.is_by_quarters else 0
    return at.replace(minute=minute, second=0, microsecond=0)
