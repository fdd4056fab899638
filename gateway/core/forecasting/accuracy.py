"""Accuracy: how far forecasts were from what came, and how often it came within their range."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from gateway.core.forecasting.range import ForecastRange
from gateway.core.money import Money


@dataclass(frozen=True, slots=True)
class Judged:
    """A forecast, a straight line through the same instant, and what came."""

    forecast: ForecastRange
    line: Money
    actual: Money

    @property
    def is_within(self) -> bool:
        """Whether what came is in the range."""
        return self.forecast.low.amount_minor <= self.actual.amount_minor <= self.forecast.high.amount_minor


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Of forecasts in one currency: their errors as shares of what came in all, and the share that came within range.

    The error is the weighted absolute percentage error: the sum of all absolute errors over the sum of all amounts.
    """

    count: int
    error: Fraction
    line_error: Fraction
    within: Fraction

    @classmethod
    def of(cls, judged: Sequence[Judged]) -> "Accuracy":
        """How good at least one forecast was; without an error where nothing came."""
        came = sum(abs(each.actual.amount_minor) for each in judged) or 1
        missed = sum(abs((each.forecast.expected - each.actual).amount_minor) for each in judged)
        line_missed = sum(abs((each.line - each.actual).amount_minor) for each in judged)
        within = sum(each.is_within for each in judged)
        return cls(len(judged), Fraction(missed, came), Fraction(line_missed, came), Fraction(within, len(judged)))
