"""Where an event is counted live: the series and buckets of every meter that reads it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.core.metering.live import Bucket, LiveSeries, TallyKey
from gateway.core.metering.meter import Dimensions, MeterVersion
from gateway.core.periods.period import BillingPeriod
from gateway.core.time import EARLIEST, LATEST, microseconds
from gateway.services.counting_rules import CountedSubscription, CountingRules
from gateway.services.live_values import NOT_READ, Reading, reading_of


@dataclass(frozen=True, slots=True)
class Asked:
    """All that decides where an event is counted, but for its time: `texts` are its deciding properties as text."""

    event_type: str
    customer: str
    named: str | None
    texts: Mapping[str, str | None]


SeriesByReading = Mapping[Reading, tuple[LiveSeries, ...]]


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
    """What meters read of an event, the series that count it so, and the numbers of all their buckets."""

    reads: Reading
    series: tuple[LiveSeries, ...]
    buckets: tuple[int, ...]


_READ_BY_NONE = (Target(NOT_READ, (), ()),)


@dataclass(frozen=True, slots=True)
class Reach:
    """Who counts events that are asked about alike, the same at every instant of `[starts_at, ends_at)`.

    `periods` has the numbers of the period buckets of `series`, and `quarterly` those series that are counted by the
    quarter of an hour; `is_covered` says whether a subscription covers the events at all.
    """

    starts_at: datetime
    ends_at: datetime
    is_covered: bool
    series: SeriesByReading
    periods: Mapping[Reading, tuple[int, ...]]
    quarterly: frozenset[LiveSeries]

    def holds(self, start: datetime, end: datetime) -> bool:
        """Whether it says who counts every event of the span."""
        return self.starts_at <= start and end <= self.ends_at

    def targets(self, instant: datetime, buckets: BucketNumbers) -> Sequence[Target]:
        """The targets of an event of `instant`: one for each way of reading it, empty where none covers it."""
        if self.is_covered and not self.series:
            return _READ_BY_NONE
        # An event's own offset may have minutes, so these are told only after it is gone.
        at = instant.astimezone(UTC).replace(second=0, microsecond=0)
        hour, quarter = microseconds(at.replace(minute=0)), microseconds(at.replace(minute=at.minute // 15 * 15))
        return [
            Target(reads, group, (*self.periods[reads], *self._hours(group, hour, quarter, buckets)))
            for reads, group in self.series.items()
        ]

    def _hours(self, group: Sequence[LiveSeries], hour: int, quarter: int, buckets: BucketNumbers) -> Iterator[int]:
        for one in group:
            yield buckets.number((one, Bucket.HOUR, quarter if one in self.quarterly else hour))


def reach_at(rules: CountingRules, asked: Asked, instant: datetime, buckets: BucketNumbers) -> Reach:
    """Who counts an event of `instant`, and how long before and after it that stays so."""
    starts_at, ends_at = EARLIEST, LATEST
    is_covered, quarterly = False, set[LiveSeries]()
    series: dict[Reading, tuple[LiveSeries, ...]] = {}
    periods: dict[Reading, tuple[int, ...]] = {}
    for counted in rules.by_customer.get(asked.customer, ()):
        period = counted.period_at(instant)
        for change in _changes(counted, asked.event_type, period):
            starts_at, ends_at = (
                (max(starts_at, change), ends_at) if change <= instant else (starts_at, min(ends_at, change))
            )
        if period is None or asked.named not in {None, counted.subscription.key}:
            continue
        is_covered = True
        start = microseconds(period.start)
        for reads, group in _find_series(counted, asked, instant).items():
            series[reads] = (*series.get(reads, ()), *group)
            numbers = [buckets.number((one, Bucket.PERIOD, start)) for one in group]
            periods[reads] = (*periods.get(reads, ()), *numbers)
            quarterly.update(group if counted.is_by_quarters else ())
    return Reach(starts_at, ends_at, is_covered, series, periods, frozenset(quarterly))


def _changes(counted: CountedSubscription, event_type: str, period: BillingPeriod | None) -> Iterator[datetime]:
    """The instants at which a subscription begins or ceases to count events of a type as it does in `period`."""
    if period is not None:
        yield from (period.start, period.end)
    else:
        yield counted.subscription.starts_at
        if counted.subscription.ends_at is not None:
            yield counted.subscription.ends_at
    for meter in counted.meters_by_type.get(event_type, ()):
        for version in meter.versions:
            yield version.effective_from


def _find_series(counted: CountedSubscription, asked: Asked, instant: datetime) -> SeriesByReading:
    found: dict[Reading, tuple[LiveSeries, ...]] = {}
    for meter in counted.meters_by_type.get(asked.event_type, ()):
        version = meter.version_at(instant)
        if version is not None and _reads(version, asked):
            reads = reading_of(version)
            one = LiveSeries(counted.subscription.id, version.key, version.version, _dimensions(version, asked))
            found[reads] = (*found.get(reads, ()), one)
    return found


def _dimensions(version: MeterVersion, asked: Asked) -> Dimensions:
    return tuple((name, asked.texts[name] or "") for name in version.dimensions)


def _reads(version: MeterVersion, asked: Asked) -> bool:
    return version.event_type == asked.event_type and version.admits(asked.texts)
