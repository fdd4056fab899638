"""Projection: the quantities that a period will end with, and with what it might end."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import zip_longest
from zoneinfo import ZoneInfo

from gateway.core.forecasting.by_weekday import Remaining, remaining_units
from gateway.core.forecasting.daily_usage import DailyUsage, SeriesKey, is_whole, quantity_of, units_of
from gateway.core.forecasting.horizon import Horizon, days_before_min
from gateway.core.forecasting.new_values import remaining_values
from gateway.core.forecasting.straight_line import grows, projected, unprojected
from gateway.core.invoicing.invoice import MeteredQuantity
from gateway.core.metering.meter import Aggregation, Meter
from gateway.core.periods.period import BillingPeriod

line_margin = Fraction(3, 10)
"""On a straight line, what is still to come may be so much less or more; wider than what days in the past say."""

Quantities = tuple[MeteredQuantity, ...]


class ForecastMethod(StrEnum):
    """How a forecast was made."""

    HISTORY = "history"
    STRAIGHT_LINE = "straight_line"
    MIXED = "mixed"
    CERTAIN = "certain"


@dataclass(frozen=True, slots=True)
class Projection:
    """Quantities at the end of a period: what is `expected`, and what they were had it gone as at times in the past.

    Each of the `outcomes` is a pair, since what goes on in a straight line may end lower or higher by each of them.
    """

    method: ForecastMethod
    expected: Quantities
    outcomes: tuple[tuple[Quantities, Quantities], ...]
    unprojected: frozenset[str]


@dataclass(frozen=True, slots=True)
class Counted:
    """What is known of a period that runs: its quantities at an instant, by which meters, and the days before it."""

    quantities: Sequence[MeteredQuantity]
    period: BillingPeriod
    at: datetime
    zone: ZoneInfo
    meters: Mapping[str, Meter]
    daily: DailyUsage | None = None

    @property
    def growing(self) -> frozenset[str]:
        """The meters whose quantities will be higher at the end."""
        return frozenset(key for key, meter in self.meters.items() if any(map(grows, meter.versions)))

    @property
    def is_over(self) -> bool:
        """Whether nothing is still to come."""
        return self.at >= self.period.end


def has_daily_history(meter: Meter, *, by_transaction: bool) -> bool:
    """Whether the days of the past say what a meter will count: what it counts on days adds up, or are values met.

    Not with several versions, which count different things, nor if single transactions are rated.
    """
    version = meter.latest
    is_daily = version.aggregation in (Aggregation.COUNT, Aggregation.SUM, Aggregation.UNIQUE_COUNT)
    return (
        is_daily and version.only_grows and version.rounding is None and len(meter.versions) == 1 and not by_transaction
    )


def meets_values(meter: Meter) -> bool:
    """Whether days say which values a meter met, and not how much it added."""
    return meter.latest.aggregation is Aggregation.UNIQUE_COUNT


def project(counted: Counted) -> Projection:
    """What a running period ends with; all is `CERTAIN` where it is over or nothing grows.

    A meter goes by the days of the past where `daily` has them, and enough of them, and in a straight line where not.
    """
    quantities = tuple(counted.quantities)
    growing = counted.growing
    if counted.is_over or not growing:
        return Projection(ForecastMethod.CERTAIN, quantities, ((quantities, quantities),), frozenset())
    remaining = _remaining(counted)
    known = growing & {meter for meter, _ in remaining}
    expected, low, high = (_Line(counted, known, pace) for pace in (Fraction(1), 1 - line_margin, 1 + line_margin))
    return Projection(
        method=_method(growing, known),
        expected=expected.with_remaining({key: each.expected for key, each in remaining.items()}),
        outcomes=tuple((low.with_remaining(each), high.with_remaining(each)) for each in _outcomes(remaining)),
        unprojected=unprojected(expected.other, counted.period, counted.at),
    )


def _method(growing: frozenset[str], known: frozenset[str]) -> ForecastMethod:
    if not known:
        return ForecastMethod.STRAIGHT_LINE
    return ForecastMethod.MIXED if growing - known else ForecastMethod.HISTORY


def _outcomes(remaining: Mapping[SeriesKey, Remaining]) -> Iterator[dict[SeriesKey, Fraction]]:
    """What is still to come of all series by the same origin; one without anything where no series has a past."""
    if not remaining:
        yield {}
    # A unique count looks further back than others and may have fewer origins: they begin with the same ones.
    for row in zip_longest(*(each.outcomes for each in remaining.values())):
        pairs = zip(remaining.items(), row, strict=True)
        yield {key: each.expected if value is None else value for (key, each), value in pairs}


def _remaining(counted: Counted) -> dict[SeriesKey, Remaining]:
    """What is still to come of all series that the past says enough of."""
    if counted.daily is None:
        return {}
    horizon = Horizon.of(counted.period, counted.at, counted.zone)
    daily = counted.daily.before(horizon.today)
    added, met = horizon.origins(daily.days), horizon.origins(daily.days, max(days_before_min, horizon.elapsed))
    found: dict[SeriesKey, Remaining] = {}
    if added:
        found |= {key: remaining_units(each, horizon, added) for key, each in daily.added.items()}
    if met:
        found |= {key: remaining_values(each, horizon, met) for key, each in daily.distinct.items()}
    return found


class _Line:
    """Quantities at the end, of which those in `known` go by the past and the others on a line."""

    def __init__(self, counted: Counted, known: frozenset[str], pace: Fraction) -> None:
        self._meters = counted.meters
        self._in_parts = counted.daily.in_parts if counted.daily else frozenset()
        self._known = [item for item in counted.quantities if item.meter in known]
        self.other = [item for item in counted.quantities if item.meter not in known]
        self._at_the_end = projected(self.other, counted.period, counted.at, counted.meters, pace)

    def with_remaining(self, remaining: Mapping[SeriesKey, Fraction]) -> Quantities:
        """All of them, with what is still to come of the series that go by the past."""
        items = {(item.meter, item.dimensions): item for item in self._known}
        for key, units in remaining.items():
            if units:
                items[key] = self._grown(items.get(key), key, units)
        every = (*self._at_the_end, *items.values())
        return tuple(sorted(every, key=lambda each: (each.meter, each.version, each.dimensions)))

    def _grown(self, item: MeteredQuantity | None, key: SeriesKey, remaining: Fraction) -> MeteredQuantity:
        meter, dimensions = key
        before = item or MeteredQuantity(meter, self._meters[meter].latest.version, dimensions, Decimal(0))
        units = units_of(before.quantity)
        is_in_parts = key in self._in_parts or not is_whole(units)
        return replace(before, quantity=quantity_of(units + remaining, is_whole=not is_in_parts))
