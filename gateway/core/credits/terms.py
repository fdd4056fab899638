"""How long credits last, and how much of them a part of a period earns."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from gateway.core.errors import InvalidValue
from gateway.core.numbers import plain, round_half_up
from gateway.core.periods.period import BillingPeriod, Interval, IntervalUnit, step
from gateway.core.time import MICROSECOND

credit_places = 8
term_count_max = 10_000


class TermUnit(StrEnum):
    """What a term counts; months and years by the calendar, the others by elapsed time."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


_LENGTHS = {
    TermUnit.MINUTE: timedelta(minutes=1),
    TermUnit.HOUR: timedelta(hours=1),
    TermUnit.DAY: timedelta(days=1),
    TermUnit.WEEK: timedelta(weeks=1),
}


@dataclass(frozen=True, slots=True)
class Term:
    """`count` units, such as 3 months or 1.5 hours; only units of fixed length come in parts."""

    count: Decimal
    unit: TermUnit

    def __post_init__(self) -> None:
        if not 0 < self.count <= term_count_max:
            raise InvalidValue(f"A term of {plain(self.count)} {self.unit}s is not above 0 and up to {term_count_max}")
        if self.unit not in _LENGTHS and self.count != int(self.count):
            raise InvalidValue(f"{plain(self.count)} {self.unit}s differ in length; give a whole number, or days")

    def after(self, instant: datetime) -> datetime:
        """The instant at which a term that begins at `instant` is over, at the same time of day in UTC.

        A month from the 31st ends on the last day of a shorter month.
        """
        if self.unit in _LENGTHS:
            return instant + int(Fraction(self.count) * (_LENGTHS[self.unit] // MICROSECOND)) * MICROSECOND
        wall = instant.astimezone(UTC)
        return step(wall, Interval(IntervalUnit(self.unit)), int(self.count), wall.day)


def prorated_credits(whole: Decimal, period: BillingPeriod, granted_at: datetime) -> Decimal:
    """The part of a `whole` period's credits that is left to earn at `granted_at`, half-up to 8 places.

    All of it before the period, nothing after it.
    """
    left = period.clip(granted_at, None)
    return round_half_up(Fraction(whole) * left.share_of(period), credit_places) if left else Decimal(0)
