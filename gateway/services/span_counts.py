"""What live buckets of one meter version add up to over a span, and the amount that comes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from gateway.core.invoicing.invoice import MeteredQuantity
from gateway.core.metering.live import LiveSeries, LiveState, LiveTally
from gateway.core.metering.live_kept import Kept, KeptLast, KeptMax, KeptMin, KeptMoment, merged
from gateway.core.metering.meter import Aggregation, MeterVersion
from gateway.core.metering.quantities import Amount
from gateway.core.numbers import EXACT
from gateway.core.rating.rated import Transaction
from gateway.core.time import MICROSECOND, microseconds
from gateway.services.live_readings import LiveReading, LiveSpan, amount_of


class SpanKey(NamedTuple):
    """Which count: a series, and the span by its start."""

    series: LiveSeries
    starts_at: datetime


@dataclass(slots=True)
class SpanCount:
    """A count in progress.

    `values` are the hashes of a unique count's values, `distinct` their number where they are not needed. `opening` is
    the level that a level over time begins with. `readings` are the values themselves, where they have to be read.
    """

    version: MeterVersion
    span: LiveSpan
    events: int = 0
    total: Decimal = Decimal(0)
    distinct: int = 0
    values: set[str] = field(default_factory=set)
    kept: Kept | None = None
    opening: Decimal = Decimal(0)
    readings: list[LiveReading] = field(default_factory=list)

    def add(self, state: LiveState | LiveTally) -> None:
        """Add what a bucket of the span holds, but for its values."""
        self.events += state.events
        self.total = EXACT.add(self.total, Decimal(state.total))
        self.kept = merged(self.kept, state.kept)

    def add_reading(self, reading: LiveReading) -> None:
        """Add a value of the span, or one that is carried into it; a change of a level before it is no event of it."""
        is_level = self.version.aggregation is Aggregation.WEIGHTED_SUM
        self.events += not is_level or reading.occurred_at >= self.span.period.start
        self.readings.append(reading)

    def carry(self, earlier: "LiveState | SpanCount") -> None:
        """Carry on what was counted before the span."""
        if self.version.aggregation is Aggregation.WEIGHTED_SUM:
            self.opening = EXACT.add(self.opening, earlier.total)
            if isinstance(earlier, SpanCount):
                self.opening = EXACT.add(self.opening, earlier.opening)
            return
        self.events += earlier.events
        self.total = EXACT.add(self.total, earlier.total)
        self.kept = merged(self.kept, earlier.kept)
        if isinstance(earlier, SpanCount):
            self.values |= earlier.values

    def merge(self, other: "SpanCount") -> None:
        """Add what another subscription, or other dimension values, counted in the same span."""
        self.events += other.events
        self.total = EXACT.add(self.total, other.total)
        self.distinct += other.distinct
        self.values |= other.values
        self.kept = merged(self.kept, other.kept)
        self.opening = EXACT.add(self.opening, other.opening)
        self.readings += other.readings

    @property
    def transactions(self) -> tuple[Transaction, ...]:
        """The values that were read, one by one, in the order of time."""
        return tuple(
            sorted(
                Transaction(one.occurred_at, one.position, one.value)
                for one in self.readings
                if isinstance(one.value, Decimal)
            )
        )

    @property
    def quantity(self) -> Decimal:
        """The quantity so far."""
        amount = amount_of(self.version, self.span, self.readings) if self.readings else self._amount
        return self.version.quantity(amount)

    @property
    def _amount(self) -> Amount:
        return _AMOUNTS[self.version.aggregation](self)


def _average(count: SpanCount) -> Amount:
    return Fraction(count.total) / count.events if count.events else 0


def _extreme(count: SpanCount) -> Amount:
    return count.kept.value if isinstance(count.kept, (KeptMax, KeptMin)) else 0


def _last(count: SpanCount) -> Amount:
    return max(count.kept.value, Decimal(0)) if isinstance(count.kept, KeptLast) else 0


def _level(count: SpanCount) -> Amount:
    """The level at the start for all of the span, and each change from when it occurred to the end."""
    period = count.span.period
    moment = count.kept.value_time if isinstance(count.kept, KeptMoment) else Decimal(0)
    changed = Fraction(count.total) * microseconds(period.end) - Fraction(moment)
    held = Fraction(count.opening) * (period.length // MICROSECOND) + changed
    return held / (count.span.time_of(count.version) // MICROSECOND)


def _read_before(_count: SpanCount) -> Amount:
    return 0


_AMOUNTS: Mapping[Aggregation, Callable[[SpanCount], Amount]] = {
    Aggregation.COUNT: lambda count: count.events,
    Aggregation.SUM: lambda count: count.total,
    Aggregation.AVERAGE: _average,
    Aggregation.MAX: _extreme,
    Aggregation.MIN: _extreme,
    Aggregation.UNIQUE_COUNT: lambda count: len(count.values) or count.distinct,
    Aggregation.LATEST: _last,
    Aggregation.LAST_EVER: _last,
    Aggregation.WEIGHTED_SUM: _level,
    Aggregation.PERCENTILE: _read_before,
    Aggregation.MAX_OF_WINDOW_SUMS: _read_before,
}


def quantities_of_each(
    counts: Mapping[SpanKey, SpanCount], by_transaction: Mapping[str, frozenset[str]]
) -> dict[str, tuple[MeteredQuantity, ...]]:
    """The quantities to rate, by subscription, with the transactions of the meters that are rated `by_transaction`."""
    found: dict[str, list[MeteredQuantity]] = {}
    for (series, _), count in sorted(counts.items(), key=lambda each: each[0]):
        rated = count.transactions if series.meter in by_transaction[series.subscription_id] else ()
        counted = MeteredQuantity(series.meter, series.version, series.dimensions, count.quantity, rated)
        found.setdefault(series.subscription_id, []).append(counted)
    return {name: tuple(quantities) for name, quantities in found.items()}
