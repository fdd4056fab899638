"""Accounting periods: months of a legal entity's books that are open, closed or locked.

Months close in order, so that two months say it all: the last one that is closed, and the last one that is locked.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from gateway.core.books.months import first_day, month_after, month_of
from gateway.core.errors import InvalidValue


class PeriodStatus(StrEnum):
    """What may still happen to a month."""

    OPEN = "open"
    """What belongs to it is booked in it."""
    CLOSED = "closed"
    """Nothing is booked in it, unless it is opened again."""
    LOCKED = "locked"
    """Nothing is booked in it, ever."""


@dataclass(frozen=True, slots=True)
class ClosedBooks:
    """Through which month the books of a legal entity are closed, and through which they are locked; None: none is."""

    closed_through: str | None = None
    locked_through: str | None = None

    def __post_init__(self) -> None:
        if (self.locked_through or "") > (self.closed_through or ""):
            raise InvalidValue(f"Books cannot be locked through {self.locked_through} and closed through less")

    def status(self, month: str) -> PeriodStatus:
        """What a month is."""
        if month <= (self.locked_through or ""):
            return PeriodStatus.LOCKED
        return PeriodStatus.CLOSED if month <= (self.closed_through or "") else PeriodStatus.OPEN

    def is_open(self, day: date) -> bool:
        """Whether something that belongs to a day is booked on that day."""
        return self.booked_on(day) == day

    def booked_on(self, day: date) -> date:
        """Where something that belongs to a day is booked: there, or where its month is not open on the first day of
        the first month that is.
        """
        closed_through = self.closed_through
        return (
            day if closed_through is None or month_of(day) > closed_through else first_day(month_after(closed_through))
        )


@dataclass(frozen=True, slots=True)
class PeriodChange:
    """A month that was closed, locked or opened again: by whom, why, and what was passed over for it.

    `ordinal` counts the changes of a legal entity's books from 1.
    """

    legal_entity: str
    ordinal: int
    month: str
    before: PeriodStatus
    after: PeriodStatus
    actor: str
    reason: str | None
    at: datetime
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountingPeriod:
    """A month of a legal entity's books."""

    legal_entity: str
    month: str
    status: PeriodStatus


@dataclass(frozen=True, slots=True)
class MonthBalance:
    """What a month's transfers debit and credit an account with, in minor units of a currency."""

    month: str
    account: str
    currency: str
    debit_minor: int
    credit_minor: int
