"""How many new values a unique count still meets, from how many it met in the past."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from gateway.core.forecasting.by_weekday import Remaining
from gateway.core.forecasting.daily_usage import units_of
from gateway.core.forecasting.horizon import Horizon


def remaining_values(days: Sequence[frozenset[str]], horizon: Horizon, origins: Sequence[int]) -> Remaining:
    """How many values, in units of 10^-12, will yet be met for the first time in the period.

    Expected is the median of the past: after each origin, as many days as are still to come met so many that the days
    before it, as many as have passed, had not. An average day says nothing of it: what was met before counts once.
    """
    met = [Fraction(units_of(Decimal(_new(days, origin, horizon)))) for origin in origins]
    return Remaining(_median(met), tuple(met))


def _new(days: Sequence[frozenset[str]], origin: int, horizon: Horizon) -> int:
    before = frozenset().union(*days[origin - horizon.elapsed : origin])
    after = frozenset().union(*days[origin : origin + horizon.days])
    return len(after - before)


def _median(values: Sequence[Fraction]) -> Fraction:
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
