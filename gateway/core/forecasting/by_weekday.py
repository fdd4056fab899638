"""What is still to come of a series, from the same days of the week in the past; and what past forecasts missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from gateway.core.forecasting.horizon import Horizon, day_parts

weeks_max = 4
"""A day is expected to be the mean of the same days of the last four weeks."""


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is still to come of a series until the end, and what it would be had now missed what past days did."""

    expected: Fraction
    outcomes: tuple[Fraction, ...]


def remaining_units(days: Sequence[int], horizon: Horizon, origins: Sequence[int]) -> Remaining:
    """What is still to come after `days`, which end before today; one outcome for each past origin.

    An outcome is the expected value plus what came of the same number of days after the origin, less what was expected
    of them there; not below zero, where no day was.
    """
    expected = _expected(days, len(days), horizon)
    lowest = min(0, *days)
    missed = [_came(days, origin, horizon) - _expected(days, origin, horizon) for origin in origins]
    return Remaining(expected, tuple(_above(expected + each, lowest) for each in missed))


def _above(remaining: Fraction, lowest: int) -> Fraction:
    return max(remaining, Fraction(0)) if lowest == 0 else remaining


def _came(days: Sequence[int], origin: int, horizon: Horizon) -> Fraction:
    following = days[origin : origin + horizon.days]
    return Fraction(sum(part * each for part, each in zip(horizon.parts, following, strict=True)), day_parts)


def _expected(days: Sequence[int], origin: int, horizon: Horizon) -> Fraction:
    means = (_mean(days, origin, number) for number in range(7))
    return sum((part * mean for part, mean in zip(horizon.by_weekday(), means, strict=True)), Fraction(0)) / day_parts


def _mean(days: Sequence[int], origin: int, number: int) -> Fraction:
    """The mean of the days `number` after `origin`, 7, 14, 21 and 28 days earlier, as far as there are such."""
    seen = days[max(origin + number - 7 * weeks_max, (origin + number) % 7) : origin : 7]
    return Fraction(sum(seen), len(seen))
