"""Closing, locking and opening months again: in order, and only once a month is over."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gateway.core.books.accounting_periods import ClosedBooks, PeriodStatus
from gateway.core.books.months import first_day, month_after, month_before
from gateway.core.errors import IllegalTransition


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Something that is to be done before a month is closed, and how."""

    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}"


class NotReadyToClose(IllegalTransition):
    """A month that has `items` left to be done."""

    def __init__(self, month: str, items: tuple[OpenItem, ...]) -> None:
        super().__init__(f"Month {month} is not ready to be closed: {'. '.join(map(str, items))}")
        self.items = items


def closed(books: ClosedBooks, month: str, running_month: str, posted: Iterable[str]) -> ClosedBooks:
    """The books with a month closed, and with it those before it that nobody posted to.

    `running_month` is the one of today, `posted` are the months with postings. Raises `IllegalTransition`.
    """
    _require(books, month, PeriodStatus.OPEN)
    if month >= running_month:
        raise IllegalTransition(f"Month {month} has not ended; close it from {first_day(month_after(month))} on")
    _require_no_earlier(books, month, PeriodStatus.OPEN, posted, "close")
    return replace(books, closed_through=month)


def locked(books: ClosedBooks, month: str, posted: Iterable[str]) -> ClosedBooks:
    """The books with a closed month locked, and with it those before it that nobody posted to.

    Raises `IllegalTransition`.
    """
    _require(books, month, PeriodStatus.CLOSED)
    _require_no_earlier(books, month, PeriodStatus.CLOSED, posted, "lock")
    return replace(books, locked_through=month)


def reopened(books: ClosedBooks, month: str) -> ClosedBooks:
    """The books with the latest closed month open. Raises `IllegalTransition`."""
    _require(books, month, PeriodStatus.CLOSED)
    if month != books.closed_through:
        raise IllegalTransition(
            f"Month {month} cannot be opened before {books.closed_through}, which is closed; open that one first"
        )
    return replace(books, closed_through=month_before(month))


_SAID = {
    PeriodStatus.OPEN: "open; close it first",
    PeriodStatus.CLOSED: "closed already; open it again with a reason to change anything",
    PeriodStatus.LOCKED: "locked, for ever; what belongs to it is booked in the first open month",
}


def _require(books: ClosedBooks, month: str, status: PeriodStatus) -> None:
    if books.status(month) is not status:
        raise IllegalTransition(f"Month {month} is {_SAID[books.status(month)]}")


def _require_no_earlier(books: ClosedBooks, month: str, status: PeriodStatus, posted: Iterable[str], verb: str) -> None:
    earlier = [each for each in posted if each < month and books.status(each) is status]
    if earlier:
        raise IllegalTransition(f"Month {min(earlier)} is {status} and has postings; {verb} it before {month}")
