"""Closing, locking and opening months again."""

import pytest

from gateway.core.books.accounting_periods import ClosedBooks
from gateway.core.books.closing import NotReadyToClose, OpenItem, closed, locked, reopened
from gateway.core.errors import IllegalTransition

POSTED = {"2013-01", "2013-02", "2013-05"}
MAY = ClosedBooks("2013-05", "2013-02")


@pytest.mark.parametrize(
    ("books", "month", "through"),
    [
        (ClosedBooks(), "2013-01", "2013-01"),
        (ClosedBooks("2013-01"), "2013-02", "2013-02"),
        (ClosedBooks("2013-02"), "2013-05", "2013-05"),
        (ClosedBooks(), "2012-12", "2012-12"),
    ],
)
def test_months_close_in_order_and_take_those_without_postings_along(
    books: ClosedBooks, month: str, through: str
) -> None:
    assert closed(books, month, "2013-06", POSTED).closed_through == through


@pytest.mark.parametrize(
    ("books", "month", "why"),
    [
        (ClosedBooks(), "2013-02", "Month 2013-01 is open and has postings; close it before 2013-02"),
        (ClosedBooks("2013-01"), "2013-06", "Month 2013-06 has not ended; close it from 2013-07-01 on"),
        (ClosedBooks("2013-05"), "2013-05", "Month 2013-05 is closed already; open it again with a reason"),
        (MAY, "2013-02", "Month 2013-02 is locked, for ever; what belongs to it is booked in the first open month"),
    ],
    ids=["out of order", "running", "closed", "locked"],
)
def test_a_month_that_cannot_be_closed_says_why(books: ClosedBooks, month: str, why: str) -> None:
    with pytest.raises(IllegalTransition, match=why):
        closed(books, month, "2013-06", POSTED)


def test_closed_months_are_locked_in_order() -> None:
    assert locked(ClosedBooks("2013-05"), "2013-01", POSTED) == ClosedBooks("2013-05", "2013-01")
    assert locked(MAY, "2013-05", POSTED) == ClosedBooks("2013-05", "2013-05")


@pytest.mark.parametrize(
    ("month", "why"),
    [
        ("2013-02", "Month 2013-02 is locked, for ever"),
        ("2013-06", "Month 2013-06 is open; close it first"),
    ],
)
def test_only_a_closed_month_is_locked(month: str, why: str) -> None:
    with pytest.raises(IllegalTransition, match=why):
        locked(MAY, month, POSTED)


def test_a_month_is_locked_after_those_before_it() -> None:
    with pytest.raises(IllegalTransition, match="Month 2013-01 is closed and has postings; lock it before 2013-02"):
        locked(ClosedBooks("2013-02"), "2013-02", POSTED)


def test_the_latest_closed_month_is_opened_first() -> None:
    assert reopened(ClosedBooks("2013-01"), "2013-01") == ClosedBooks("2012-12")
    assert reopened(ClosedBooks("2013-03", "2013-02"), "2013-03") == ClosedBooks("2013-02", "2013-02")
    with pytest.raises(IllegalTransition, match="cannot be opened before 2013-05, which is closed"):
        reopened(MAY, "2013-04")


@pytest.mark.parametrize(("month", "why"), [("2013-06", "is open"), ("2013-01", "is locked, for ever")])
def test_only_a_closed_month_is_opened_again(month: str, why: str) -> None:
    with pytest.raises(IllegalTransition, match=why):
        reopened(MAY, month)


def test_a_month_that_is_not_ready_names_everything_and_what_to_do() -> None:
    refused = NotReadyToClose("2013-05", (OpenItem("2 invoices are held", "approve"), OpenItem("1 is due", "bill")))
    said = "Month 2013-05 is not ready to be closed: 2 invoices are held; approve. 1 is due; bill"
    assert (str(refused), len(refused.items), refused.code) == (said, 2, "ILLEGAL_TRANSITION")
