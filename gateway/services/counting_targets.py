"""Where an event is counted live: the series and buckets of every meter that reads it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.core.live import Bucket, LiveSeries, TallyKey
from gateway.core.meters import Aggregation, Dimensions, Meter, MeterVersion
from gateway.core.periods import BillingPeriod
from gateway.core.time import microseconds
from gateway.services.counting_rules import CountedSubscription, CountingRules, has_odd_offsets


@dataclass(frozen=True, slots=True)
class Asked:
    """All that decides where an event is counted, but for its time: `texts` are its deciding properties as text."""

    event_type: str
    customer: str
    named: str | None
    texts: Mapping[str, str | None]


class BucketNumbers:
    """Numbers for buckets, because integers are looked up much faster than keys."""

    def __init__(self) -> None:
        self.keys: list[TallyKey] = []
        self._numbers: dict[TallyKey, int] = {}

    def number(self, key: TallyKey) -> int:
        """The number of a bucket, which is its place in `keys`."""
        found = self._numbers.setdefault(key, len(self.keys))
        if found == len(self.keys):
            self.keys.append(key)
        return found


@dataclass(frozen=True, slots=True)
class Target:
    """A meter version that counts an event: what it reads of it, and the numbers of the buckets it is counted in."""

    series: LiveSeries
    reads: tuple[str | None, Aggregation]
    buckets: tuple[int, ...]


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
    """The targets of an event of `instant`, empty where no subscription covers it."""
    return [
        target
        for counted in rules.by_customer.get(asked.customer, ())
        if asked.named is None or counted.subscription.key == asked.named
        for target in _targets(counted, asked, instant, buckets)
    ]


def _is_uniform(counted: CountedSubscription, event_type: str, slot: BillingPeriod) -> bool:
    if not counted.subscription.overlaps(slot.start, slot.end):
        return True
    period = counted.period_at(slot.start)
    if period is None or slot.end > period.end:
        return False
    return not any(_changes_in(meter, slot) for meter in counted.meters_by_type.get(event_type, ()))


def _changes_in(meter: Meter, slot: BillingPeriod) -> bool:
    return any(slot.start < version.effective_from < slot.end for version in meter.versions)


def _targets(counted: CountedSubscription, asked: Asked, instant: datetime, buckets: BucketNumbers) -> Iterator[Target]:
    period = counted.period_at(instant)
    if period is None:
        return
    versions = [meter.version_at(instant) for meter in counted.meters_by_type.get(asked.event_type, ())]
    reading = [version for version in versions if version is not None and _reads(version, asked)]
    for version in reading:
        dimensions: Dimensions = tuple((name, asked.texts[name] or "") for name in version.dimensions)
        series = LiveSeries(counted.subscription.id, version.key, version.version, dimensions)
        yield Target(
            series,
            (version.value_property, version.aggregation),
            (
                buckets.number((series, Bucket.PERIOD, microseconds(period.start))),
                buckets.number((series, Bucket.HOUR, microseconds(_hour(instant, counted)))),
            ),
        )
    if not reading:
        yield Target(LiveSeries(counted.subscription.id, "", 0, ()), (None, Aggregation.COUNT), ())


def _reads(version: MeterVersion, asked: Asked) -> bool:
    return version.event_type == asked.event_type and all(
        asked.texts[rule.property] in rule.values for rule in version.filters
    )


def _hour(instant: datetime, counted: CountedSubscription) -> datetime:
    minute = instant.minute // 15 * 15 if has_odd_offsets(counted.subscription.zone) else 0
    return instant.astimezone(UTC).replace(minute=minute, second=0, microsecond=0)
