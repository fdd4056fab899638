"""Schedules: how much of an amount is earned by the end of a day."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Protocol

from gateway.core.errors import InvalidValue


class Schedule(Protocol):
    """When an amount is earned."""

    def earned(self, amount: int, through: date) -> Fraction:
        """What is earned of `amount` by the end of the day `through`: in all, and not rounded."""
        ...


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Earned whole on one day, as a service without a period is."""

    on: date

    def earned(self, amount: int, through: date) -> Fraction:
        """See `Schedule.earned`."""
        return Fraction(amount if through >= self.on else 0)


@dataclass(frozen=True, slots=True)
class ByDay:
    """Earned in equal parts on each day of `[start, end)`: a service that stands ready. ASC 606-10-25-27(a)."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise InvalidValue(f"From {self.start} to {self.end} there is no day; use a schedule at once")

    def earned(self, amount: int, through: date) -> Fraction:
        """See `Schedule.earned`."""
        days = (self.end - self.start).days
        passed = min(max((through - self.start).days + 1, 0), days)
        return Fraction(amount * passed, days)


@dataclass(frozen=True, slots=True)
class EvenMonths:
    """Earned in equal parts by calendar months, of which the first is that of `start`; within each of them by day."""

    start: date
    months: int

    def __post_init__(self) -> None:
        if self.months < 1:
            raise InvalidValue(f"{self.months} months are no service; use at least one")

    def earned(self, amount: int, through: date) -> Fraction:
        """See `Schedule.earned`."""
        whole = 12 * (through.year - self.start.year) + through.month - self.start.month
        passed = whole + Fraction(through.day, monthrange(through.year, through.month)[1])
        return amount * min(max(passed, Fraction(0)), Fraction(self.months)) / self.months


@dataclass(frozen=True, slots=True)
class AsDelivered:
    """Earned as usage is delivered: `running` has, for some days in order, what it came to by the end of each.

    It may go down, as the latest of values does. All of the amount is earned by the end of the day `complete_on`, when
    it is invoiced, whatever was known before. The right to invoice: ASC 606-10-55-18, IFRS 15.B16.
    """

    running: tuple[tuple[date, int], ...]
    complete_on: date | None = None

    def earned(self, amount: int, through: date) -> Fraction:
        """See `Schedule.earned`."""
        if self.complete_on is not None and through >= self.complete_on:
            return Fraction(amount)
        return Fraction(next((value for day, value in reversed(self.running) if day <= through), 0))
