"""Live counts of billing periods: from their own buckets, from those of earlier periods, and from the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from gateway.core.metering.live import Bucket, LiveKey, LiveState
from gateway.core.metering.meter import Meter
from gateway.core.periods.period import BillingPeriod
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Subscription
from gateway.services.live_readings import LiveSpan
from gateway.services.log_counts import count_from_log, needs_log
from gateway.services.span_counts import SpanCount, SpanKey

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class PeriodQuery:
    """What to count of a subscription: meters that its plan prices, in a billing period or the beginning of one.

    Of the meters that are rated `by_transaction` every single value is read.
    """

    subscription: Subscription
    meters: Mapping[str, Meter]
    period: BillingPeriod
    by_transaction: frozenset[str] = frozenset()

    @property
    def span(self) -> LiveSpan:
        """The period as a part of the schedule's own."""
        schedule = self.subscription.schedule
        whole = schedule.period(schedule.index_at(self.period.start))
        return LiveSpan(self.period, whole, self.subscription.zone)

    @property
    def carrying(self) -> frozenset[str]:
        """The meters that carry on what earlier periods ended with."""
        return frozenset(key for key, meter in self.meters.items() if any(each.carries for each in meter.versions))

    @property
    def read_from_log(self) -> dict[str, Meter]:
        """The meters whose values have to be read."""
        end = self.period.end
        return {
            key: meter
            for key, meter in self.meters.items()
            if key in self.by_transaction or needs_log(meter, self.subscription, end)
        }


def count_live_periods(unit: UnitOfWork, queries: Sequence[PeriodQuery]) -> dict[SpanKey, SpanCount]:
    """What the live track counted in periods; as many statements for many as for one, but for values in the log."""
    if not queries:
        return {}
    fold = _PeriodFold({query.subscription.id: query for query in queries})
    first, last = (edge(query.period.start for query in queries) for edge in (min, max))
    ids = sorted(fold.asked)
    for key, state in unit.live.states(ids, Bucket.PERIOD, first, last + _INSTANT).items():
        fold.add(key, state)
    carrying = sorted({key for query in queries for key in query.carrying})
    if carrying:
        begun = min(query.subscription.starts_at for query in queries)
        for key, state in unit.live.states(ids, Bucket.PERIOD, begun, last, carrying).items():
            fold.carry(key, state)
        for key, value in unit.live.unique_values(ids, Bucket.PERIOD, begun, last + _INSTANT, carrying):
            fold.add_value(key, value)
    counts = fold.counts
    for query in queries:
        if read := query.read_from_log:
            counts |= count_from_log(unit, query.subscription, read, [query.span])
    return counts


@dataclass(slots=True)
class _PeriodFold:
    """Counts in progress, by subscription."""

    asked: Mapping[str, PeriodQuery]
    counts: dict[SpanKey, SpanCount] = field(default_factory=dict)

    def add(self, key: LiveKey, state: LiveState) -> None:
        """Add a bucket if it is the asked period's own."""
        query = self.asked[key.series.subscription_id]
        if key.starts_at == query.period.start:
            count = self._count(query, key)
            if count is not None:
                count.add(state)
                count.distinct = state.distinct

    def carry(self, key: LiveKey, state: LiveState) -> None:
        """Carry on the bucket of an earlier period."""
        query = self.asked[key.series.subscription_id]
        if key.starts_at < query.period.start:
            count = self._count(query, key)
            if count is not None:
                count.carry(state)

    def add_value(self, key: LiveKey, value: str) -> None:
        """Add a value of a unique count that carries on those of earlier periods."""
        query = self.asked[key.series.subscription_id]
        if key.starts_at <= query.period.start:
            count = self._count(query, key)
            if count is not None:
                count.values.add(value)

    def _count(self, query: PeriodQuery, key: LiveKey) -> SpanCount | None:
        """The count of a bucket's series; None if the meter is not asked for, or read from the log."""
        meter = query.meters.get(key.series.meter)
        if meter is None or key.series.meter in query.read_from_log:
            return None
        version = meter.versions[key.series.version - 1]
        if key.starts_at < query.period.start and not version.carries:
            return None
        return self.counts.setdefault(SpanKey(key.series, query.period.start), SpanCount(version, query.span))
