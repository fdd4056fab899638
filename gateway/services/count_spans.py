"""Count any spans of time: from the live counts of whole hours, and from the log for hours that a span cuts."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from gateway.core.errors import InvalidValue
from gateway.core.metering.live import Bucket, LiveKey, LiveSeries, LiveState, LiveTally
from gateway.core.metering.meter import Aggregation, Meter
from gateway.core.periods.period import BillingPeriod
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Subscription
from gateway.services.counting_rules import HOUR, QUARTER, has_odd_offsets, rules_of
from gateway.services.live_fold import LiveFold
from gateway.services.live_readings import LiveSpan
from gateway.services.log_counts import count_from_log, needs_log
from gateway.services.read_log import LogSpan, recorded_runs_of
from gateway.services.recent_events import RecordedRun
from gateway.services.span_counts import SpanCount, SpanKey

cut_events_max = 100_000


Counts = dict[SpanKey, SpanCount]


@dataclass(frozen=True, slots=True)
class SpanQuery:
    """What to count of a subscription: meters that its plan prices, in spans that are in order and do not overlap.

    A share of time is of `whole`, and of each span itself where there is none. Of the meters that are rated
    `by_transaction` every single value is read.
    """

    subscription: Subscription
    meters: Mapping[str, Meter]
    spans: tuple[BillingPeriod, ...]
    whole: BillingPeriod | None = None
    by_transaction: frozenset[str] = frozenset()

    def touching(self, period: BillingPeriod) -> Iterator[BillingPeriod]:
        """The spans that share an instant with `period`."""
        index = bisect_right(self.spans, period.start, key=lambda span: span.start)
        for span in islice(self.spans, max(0, index - 1), None):
            if span.start >= period.end:
                return
            if span.end > period.start:
                yield span

    def live_span(self, span: BillingPeriod) -> LiveSpan:
        """A span with what it is a share of."""
        return LiveSpan(span, self.whole or span, self.subscription.zone)

    def of(self, meters: Iterable[str]) -> "SpanQuery":
        """The same of some of the meters."""
        return replace(self, meters={key: self.meters[key] for key in meters})

    def without_gaps(self) -> "SpanQuery":
        """The same with spans for all the time between the start of the subscription and the end of the last span."""
        spans: list[BillingPeriod] = []
        at = self.subscription.starts_at
        for span in self.spans:
            if at < span.start:
                spans.append(BillingPeriod(at, span.start))
            spans.append(span)
            at = span.end
        return replace(self, spans=tuple(spans))


def bucket_length(subscription: Subscription) -> timedelta:
    """How long the buckets are in which a subscription is counted live: hours, quarters in zones that need them."""
    return QUARTER if has_odd_offsets(subscription.zone) else HOUR


def count_spans(unit: UnitOfWork, queries: Iterable[SpanQuery]) -> Counts:
    """Count every span of every query exactly, up to the projection's position.

    Takes as many statements for many subscriptions as for one, unless spans begin or end within an hour or values have
    to be read from the log. Raises `InvalidValue` where these have more than `cut_events_max` events.
    """
    counts: Counts = {}
    plain: list[SpanQuery] = []
    carrying: list[SpanQuery] = []
    for query in queries:
        if query.spans and query.meters:
            until = query.spans[-1].end
            needing = {key for key, meter in query.meters.items() if needs_log(meter, query.subscription, until)}
            read = needing | query.by_transaction
            carried = {key for key, meter in query.meters.items() if key not in read and _carries(meter)}
            plain.append(query.of(query.meters.keys() - read - carried))
            carrying.append(query.of(carried))
            counts |= _from_log(unit, query.of(read))
    return counts | _count_buckets(unit, plain) | _count_carried(unit, [query for query in carrying if query.meters])


def _from_log(unit: UnitOfWork, query: SpanQuery) -> Counts:
    if not query.meters:
        return {}
    spans = [query.live_span(span) for span in query.spans]
    return count_from_log(unit, query.subscription, query.meters, spans, cut_events_max)


def _count_carried(unit: UnitOfWork, queries: Sequence[SpanQuery]) -> Counts:
    """Count meters that carry on what came before: each span by itself, and what all before it add up to."""
    filled = [query.without_gaps() for query in queries]
    counts = _count_buckets(unit, filled)
    found: Counts = {}
    for query, whole in zip(queries, filled, strict=True):
        for series in {key.series for key in counts if key.series.subscription_id == query.subscription.id}:
            found |= _carried_on(query, whole, series, counts)
    return found


def _carried_on(query: SpanQuery, whole: SpanQuery, series: LiveSeries, counts: Counts) -> Counts:
    found: Counts = {}
    version = query.meters[series.meter].versions[series.version - 1]
    earlier: SpanCount | None = None
    for span in whole.spans:
        key = SpanKey(series, span.start)
        own = counts.get(key, SpanCount(version, whole.live_span(span)))
        count = replace(own, values=set(own.values))
        if earlier is not None:
            count.carry(earlier)
        if span in query.spans and (earlier is not None or key in counts):
            found[key] = count
        earlier = count if earlier is not None or key in counts else None
    return found


def _count_buckets(unit: UnitOfWork, queries: Sequence[SpanQuery]) -> Counts:
    """Count spans from the buckets of hours."""
    asked = {query.subscription.id: query for query in queries if query.meters}
    if not asked:
        return {}
    fold = _SpanFold(asked)
    first = min(query.spans[0].start for query in asked.values()) - HOUR
    last = max(query.spans[-1].end for query in asked.values())
    meters = {key: meter for query in asked.values() for key, meter in query.meters.items()}
    for key, state in unit.live.states(sorted(asked), Bucket.HOUR, first, last, sorted(meters)).items():
        fold.add_state(key, state)
    unique = sorted(key for key, meter in meters.items() if _is_unique(meter))
    if unique:
        for key, value in unit.live.unique_values(sorted(asked), Bucket.HOUR, first, last, unique):
            fold.add_value(key, value)
    fold.add_cut_hours(unit)
    return fold.counts


def _carries(meter: Meter) -> bool:
    return any(version.carries for version in meter.versions)


def _is_unique(meter: Meter) -> bool:
    return any(version.aggregation is Aggregation.UNIQUE_COUNT for version in meter.versions)


@dataclass(slots=True)
class _SpanFold:
    """Counts in progress, and the buckets that no span holds whole, by subscription."""

    asked: Mapping[str, SpanQuery]
    counts: Counts = field(default_factory=dict)
    cut: dict[str, set[datetime]] = field(default_factory=dict)

    def add_state(self, key: LiveKey, state: LiveState) -> None:
        count = self._count(key)
        if count is not None:
            count.add(state)

    def add_value(self, key: LiveKey, value: str) -> None:
        count = self._count(key)
        if count is not None:
            count.values.add(value)

    def add_cut_hours(self, unit: UnitOfWork) -> None:
        up_to = unit.live.position()
        for name, starts in sorted(self.cut.items()):
            query = self.asked[name]
            for hours in _merged(sorted(starts), bucket_length(query.subscription)):
                self._add_events(query, hours, _runs_in(unit, query, hours, up_to))

    def _count(self, key: LiveKey) -> SpanCount | None:
        """The count that a bucket belongs to; None if no span, or more than one, holds a part of it."""
        query = self.asked[key.series.subscription_id]
        if key.series.meter not in query.meters:
            return None
        bucket = BillingPeriod(key.starts_at, key.starts_at + bucket_length(query.subscription))
        touching = list(query.touching(bucket))
        if not touching:
            return None
        if touching[0].start > bucket.start or touching[0].end < bucket.end:
            self.cut.setdefault(key.series.subscription_id, set()).add(bucket.start)
            return None
        return self._count_in(query, key.series, touching[0])

    def _count_in(self, query: SpanQuery, series: LiveSeries, span: BillingPeriod) -> SpanCount:
        version = query.meters[series.meter].versions[series.version - 1]
        return self.counts.setdefault(SpanKey(series, span.start), SpanCount(version, query.live_span(span)))

    def _add_events(self, query: SpanQuery, hours: BillingPeriod, runs: Sequence[RecordedRun]) -> None:
        """Add the events of cut hours, in order of time, to the spans that they fall into."""
        fold = LiveFold(rules_of(query.subscription, tuple(query.meters.values())))
        for span in query.touching(hours):
            piece = hours.clip(span.start, span.end)
            assert piece is not None
            first, last = (bisect_left(runs, instant, key=_occurred_at) for instant in (piece.start, piece.end))
            for (series, bucket, _), tally in fold.fold(runs[first:last]).tallies:
                if bucket is Bucket.HOUR:
                    _add(self._count_in(query, series, span), tally)


def _add(count: SpanCount, tally: LiveTally) -> None:
    count.add(tally)
    count.values.update(tally.values or ())


def _merged(starts: Sequence[datetime], length: timedelta) -> Iterator[BillingPeriod]:
    """Buckets as spans, those that touch as one."""
    spans: list[BillingPeriod] = []
    for start in starts:
        if spans and spans[-1].end == start:
            spans[-1] = BillingPeriod(spans[-1].start, start + length)
        else:
            spans.append(BillingPeriod(start, start + length))
    yield from spans


def _runs_in(unit: UnitOfWork, query: SpanQuery, hours: BillingPeriod, up_to: int) -> list[RecordedRun]:
    """The customer's events in `hours`, one by one, in order of time."""
    span = LogSpan(0, up_to, hours.start, hours.end)
    found = list(islice(recorded_runs_of(unit, query.subscription.customer, span), cut_events_max + 1))
    if len(found) > cut_events_max:
        raise InvalidValue(f"More than {cut_events_max} events in an hour that is cut; ask for spans of full hours")
    return sorted(found, key=_occurred_at)


def _occurred_at(run: RecordedRun) -> datetime:
    return run.events[0].occurred_at
