"""Daily usage: what a subscription's meters counted on each whole day before now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from gateway.core.metering.meter import Dimensions
from gateway.core.numbers import EXACT, quantity_places, round_half_up

SeriesKey = tuple[str, Dimensions]
"""A meter, and the values of its dimensions."""

_unit: int = 10**quantity_places


@dataclass(frozen=True, slots=True)
class DailyUsage:
    """Whole days in a row, the first of which is `first`.

    `added` has what additive meters counted on each day, in units of 10^-12, so that sums are exact and fast.
    `distinct` has the values that unique counts met on each day. Every meter that it covers has a series, if only of
    zeros.
    """

    first: date
    days: int
    added: Mapping[SeriesKey, Sequence[int]]
    distinct: Mapping[SeriesKey, Sequence[frozenset[str]]]

    @property
    def in_parts(self) -> frozenset[SeriesKey]:
        """The series with quantities that are not whole."""
        return frozenset(key for key, each in self.added.items() if not all(map(is_whole, each)))

    def before(self, day: date) -> "DailyUsage":
        """The days before `day` alone."""
        days = min(max((day - self.first).days, 0), self.days)
        return DailyUsage(
            self.first,
            days,
            {key: each[:days] for key, each in self.added.items()},
            {key: each[:days] for key, each in self.distinct.items()},
        )


def units_of(quantity: Decimal) -> int:
    """A quantity in units of 10^-12; it never has more places."""
    return int(quantity.scaleb(quantity_places, EXACT))


def quantity_of(units: Fraction | int, *, is_whole: bool) -> Decimal:
    """So many units as a quantity, rounded half-up to the whole or to 12 places."""
    return round_half_up(Fraction(units, _unit), 0 if is_whole else quantity_places)


def is_whole(units: int) -> bool:
    """Whether so many units are a whole number."""
    return not units % _unit
