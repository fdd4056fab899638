"""The months that a report is about."""

from dataclasses import dataclass
from datetime import date, timedelta

from gateway.core.books.months import first_day, month_after, month_before, month_of, read_month
from gateway.core.errors import InvalidValue

months_max = 120
"""How many months a report shows at most."""

months_default = 12


@dataclass(frozen=True, slots=True)
class MonthSpan:
    """The months from `first` to `last`, both of them included. Raises `InvalidValue` if there is none, or too many."""

    first: str
    last: str

    def __post_init__(self) -> None:
        if read_month(self.last) < read_month(self.first):
            raise InvalidValue(f"The months from {self.first} to {self.last} are none; begin with the earlier one")
        if len(self.months) > months_max:
            raise InvalidValue(f"{self.first} to {self.last} is more than {months_max} months; ask for fewer")

    @classmethod
    def asked(cls, first: str | None, last: str | None, today: date) -> "MonthSpan":
        """Through the month of `today`, where no last is named; twelve months, where no first is."""
        end = month_of(today) if last is None else read_month(last)
        if first is not None:
            return cls(first, end)
        begin = end
        for _ in range(months_default - 1):
            begin = month_before(begin)
        return cls(begin, end)

    @property
    def months(self) -> tuple[str, ...]:
        """Each of them, in order; no more than one beyond the most that are shown."""
        found = [self.first]
        while found[-1] < self.last and len(found) <= months_max:
            found.append(month_after(found[-1]))
        return tuple(found)

    @property
    def last_day(self) -> date:
        """The day that ends them."""
        return first_day(month_after(self.last)) - timedelta(days=1)
