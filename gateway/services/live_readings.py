"""Amounts of the live track that are made of the values themselves, where buckets do not keep enough of them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gateway.core.metering.meter import Aggregation, MeterVersion, TimeUnit
from gateway.core.metering.quantities import Amount
from gateway.core.numbers import EXACT
from gateway.core.periods.period import BillingPeriod
from gateway.core.periods.windows import window_at
from gateway.core.time import MICROSECOND, local_date
from gateway.services.live_values import Change

TIME_UNITS: Mapping[TimeUnit, timedelta] = {
    TimeUnit.MINUTE: timedelta(minutes=1),
    TimeUnit.HOUR: timedelta(hours=1),
    TimeUnit.DAY: timedelta(days=1),
}


@dataclass(frozen=True, slots=True)
class LiveSpan:
    """The span that is counted, and the `whole` that shares of time are of."""

    period: BillingPeriod
    whole: BillingPeriod
    zone: ZoneInfo

    def time_of(self, version: MeterVersion) -> timedelta:
        """What a level times the time it is held is divided by: a unit of time, or the whole for its average."""
        return self.whole.length if version.time_unit is None else TIME_UNITS[version.time_unit]


class LiveReading(NamedTuple):
    """A value that was read, with its place in time."""

    occurred_at: datetime
    position: int
    value: Decimal | Change | None


Readings = Sequence[LiveReading]


def amount_of(version: MeterVersion, span: LiveSpan, readings: Iterable[LiveReading]) -> Amount:
    """What values of the span, and those carried into it, come to by a meter version."""
    ordered = sorted(readings, key=lambda one: one[:2])
    if version.prorated_by_day:
        by_day = _unique_by_day if version.aggregation is Aggregation.UNIQUE_COUNT else _sum_by_day
        return by_day(version, span, ordered)
    if version.window is not None and version.aggregation is Aggregation.MAX:
        return total_of(max(values) for values in _by_window(version, span, ordered))
    return _AMOUNTS[version.aggregation](version, span, ordered)


def total_of(values: Iterable[Decimal]) -> Decimal:
    """The exact sum of numbers."""
    total = Decimal(0)
    for value in values:
        total = EXACT.add(total, value)
    return total


def _numbers(readings: Readings) -> list[Decimal]:
    return [one.value for one in readings if isinstance(one.value, Decimal)]


def _count(_version: MeterVersion, _span: LiveSpan, readings: Readings) -> Amount:
    return len(readings)


def _sum(_version: MeterVersion, _span: LiveSpan, readings: Readings) -> Amount:
    return total_of(_numbers(readings))


def _max(_version: MeterVersion, _span: LiveSpan, readings: Readings) -> Amount:
    return max(_numbers(readings))


def _min(_version: MeterVersion, _span: LiveSpan, readings: Readings) -> Amount:
    return min(_numbers(readings))


def _average(_version: MeterVersion, _span: LiveSpan, readings: Readings) -> Amount:
    return Fraction(total_of(_numbers(readings))) / len(readings)


def _last(_version: MeterVersion, _span: LiveSpan, readings: Readings) -> Amount:
    return max(_numbers(readings)[-1], Decimal(0))


def _percentile(version: MeterVersion, _span: LiveSpan, readings: Readings) -> Amount:
    assert version.percentile is not None
    numbers = sorted(_numbers(readings))
    below = Fraction(version.percentile) * len(numbers) / 100
    return next(number for rank, number in enumerate(numbers, 1) if rank >= below)


def _weighted(version: MeterVersion, span: LiveSpan, readings: Readings) -> Amount:
    level_time = Fraction(0)
    for one, number in zip(readings, _numbers(readings), strict=True):
        held = span.period.end - max(one.occurred_at, span.period.start)
        level_time += Fraction(number) * (held // MICROSECOND)
    return level_time / (span.time_of(version) // MICROSECOND)


def _unique(_version: MeterVersion, _span: LiveSpan, readings: Readings) -> Amount:
    present: set[str] = set()
    for change in _changes(readings):
        if change.is_removal:
            present.discard(change.value)
        else:
            present.add(change.value)
    return len(present)


def _changes(readings: Readings) -> list[Change]:
    return [one.value for one in readings if isinstance(one.value, Change)]


def _greatest_window(version: MeterVersion, span: LiveSpan, readings: Readings) -> Amount:
    return max(total_of(values) for values in _by_window(version, span, readings))


def _by_window(version: MeterVersion, span: LiveSpan, readings: Readings) -> Iterable[list[Decimal]]:
    assert version.window is not None
    windows: dict[datetime, list[Decimal]] = defaultdict(list)
    for one, number in zip(readings, _numbers(readings), strict=True):
        windows[window_at(one.occurred_at, version.window, span.zone)].append(number)
    return windows.values()


def _sum_by_day(_version: MeterVersion, span: LiveSpan, readings: Readings) -> Amount:
    days = _days(span.period, span.zone)
    total = Fraction(0)
    for one, number in zip(readings, _numbers(readings), strict=True):
        day = local_date(one.occurred_at, span.zone).toordinal()
        total += Fraction(number) * sum(day <= each for each in days)
    return total / len(_days(span.whole, span.zone))


def _unique_by_day(_version: MeterVersion, span: LiveSpan, readings: Readings) -> Amount:
    days = _days(span.period, span.zone)
    since: dict[str, int] = {}
    there: dict[str, set[int]] = defaultdict(set)
    for one, change in zip(readings, _changes(readings), strict=True):
        day = local_date(one.occurred_at, span.zone).toordinal()
        if not change.is_removal:
            since.setdefault(change.value, day)
        elif change.value in since:
            there[change.value].update(range(since.pop(change.value), day + 1))
    for value, day in since.items():
        there[value].update(range(day, days.stop))
    return Fraction(sum(len(found.intersection(days)) for found in there.values()), len(_days(span.whole, span.zone)))


def _days(period: BillingPeriod, zone: ZoneInfo) -> range:
    """The ordinals of the local days of which a period has a moment."""
    first, last = (local_date(edge, zone).toordinal() for edge in (period.start, period.end - MICROSECOND))
    return range(first, last + 1)


_AMOUNTS: Mapping[Aggregation, Callable[[MeterVersion, LiveSpan, Readings], Amount]] = {
    Aggregation.COUNT: _count,
    Aggregation.SUM: _sum,
    Aggregation.MAX: _max,
    Aggregation.MIN: _min,
    Aggregation.AVERAGE: _average,
    Aggregation.UNIQUE_COUNT: _unique,
    Aggregation.LATEST: _last,
    Aggregation.LAST_EVER: _last,
    Aggregation.WEIGHTED_SUM: _weighted,
    Aggregation.PERCENTILE: _percentile,
    Aggregation.MAX_OF_WINDOW_SUMS: _greatest_window,
}
