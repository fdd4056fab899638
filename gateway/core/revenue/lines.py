"""What a document asks for: lines that are revenue, and charges that are not."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from gateway.core.numbers import round_half_up
from gateway.core.revenue.accounts import Account
from gateway.core.revenue.schedules import Schedule


@dataclass(frozen=True, slots=True)
class RevenueLine:
    """An amount before tax in minor units, and when it is earned; one below zero gives back what another line took."""

    amount: int
    schedule: Schedule

    def earned(self, through: date, part: int | None = None) -> int:
        """What is earned of a part of the amount, or of all of it, by the end of a day: in all, rounded half-up."""
        exact = self.schedule.earned(self.amount, through)
        if part is not None:
            exact = exact * Fraction(part, self.amount) if self.amount else Fraction(0)
        return int(round_half_up(exact, 0))


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount in minor units that is collected and is no revenue, such as tax; `account` is what it is owed from."""

    account: Account
    amount: int
