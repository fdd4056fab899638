"""Accounting periods."""

from datetime import date

import pytest

from gateway.core.books.accounting_periods import ClosedBooks, PeriodStatus
from gateway.core.errors import InvalidValue

JULY = ClosedBooks("2013-07", "2013-05")


@pytest.mark.parametrize(
    ("month", "status"),
    [
        ("2013-04", PeriodStatus.LOCKED),
        ("2013-05", PeriodStatus.LOCKED),
        ("2013-06", PeriodStatus.CLOSED),
        ("2013-07", PeriodStatus.CLOSED),
        ("2013-08", PeriodStatus.OPEN),
    ],
)
def test_two_months_say_what_each_month_is(month: str, status: PeriodStatus) -> None:
    assert JULY.status(month) is status


def test_books_begin_open() -> None:
    assert ClosedBooks().status("0001-01") is PeriodStatus.OPEN
    assert ClosedBooks().booked_on(date(2013, 6, 30)) == date(2013, 6, 30)


@pytest.mark.parametrize(
    ("day", "booked_on"),
    [
        (date(2012, 1, 15), date(2013, 8, 1)),
        (date(2013, 7, 31), date(2013, 8, 1)),
        (date(2013, 8, 1), date(2013, 8, 1)),
        (date(2013, 9, 9), date(2013, 9, 9)),
    ],
)
def test_what_belongs_to_a_closed_month_is_booked_first_thing_in_the_first_open_one(day: date, booked_on: date) -> None:
    assert JULY.booked_on(day) == booked_on


@pytest.mark.parametrize("closed_through", [None, "2013-04"])
def test_what_is_locked_is_closed(closed_through: str | None) -> None:
    with pytest.raises(InvalidValue, match="cannot be locked through 2013-05"):
        ClosedBooks(closed_through, "2013-05")
