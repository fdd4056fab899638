"""How far two counts of one quantity may be apart before that holds an invoice."""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from gateway.core.errors import InvalidValue
from gateway.core.numbers import EXACT, plain

percent_max = 100
_TEXT = re.compile(r"(?P<number>\d{1,26}(?:\.\d{1,12})?)(?P<percent>%?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """So much of the quantity's unit, or so many percent of the expected quantity; nothing by default."""

    limit: Decimal = Decimal(0)
    is_percent: bool = False

    def __post_init__(self) -> None:
        if self.limit < 0 or (self.is_percent and self.limit > percent_max):
            raise InvalidValue(f"A tolerance is 0 or more, and at most {percent_max} percent; {self} is not")

    @property
    def is_zero(self) -> bool:
        """Whether every difference counts."""
        return self.limit == 0

    def covers(self, expected: Decimal, found: Decimal) -> bool:
        """Whether a difference is small enough to be let pass."""
        apart = abs(EXACT.subtract(expected, found))
        if not self.is_percent:
            return apart <= self.limit
        return Fraction(apart) <= abs(Fraction(expected)) * Fraction(self.limit) / 100

    def __str__(self) -> str:
        """As definitions have it: `10`, or `0.5%`."""
        return f"{plain(self.limit)}{'%' if self.is_percent else ''}"


EXACTLY = Tolerance()
"""Every difference counts."""


def read_tolerance(text: str) -> Tolerance:
    """The tolerance that a definition writes as `10` or `0.5%`. Raises `InvalidValue`."""
    found = _TEXT.fullmatch(text)
    if found is None:
        raise InvalidValue(f"{text[:40]!r} is not a tolerance; write a quantity such as 10, or a share such as 0.5%")
    return Tolerance(Decimal(found["number"]), bool(found["percent"]))
