"""Months of the books."""

from datetime import date

import pytest

from gateway.core.books.months import first_day, month_after, month_before, month_of, read_month
from gateway.core.errors import InvalidValue


@pytest.mark.parametrize("text", ["2013-06", "2013-12", "0001-01"])
def test_a_month_is_a_year_and_a_number(text: str) -> None:
    assert read_month(text) == text


@pytest.mark.parametrize("text", ["", "2013", "2013-6", "2013-00", "2013-13", "2013-06-01", "0000-01", "2013-0٦"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidValue, match="is not a month; write it like 2013-06"):
        read_month(text)


@pytest.mark.parametrize(
    ("month", "following"), [("2013-06", "2013-07"), ("2013-11", "2013-12"), ("2013-12", "2014-01")]
)
def test_months_follow_each_other(month: str, following: str) -> None:
    assert (month_after(month), month_before(following)) == (following, month)


def test_a_month_has_days() -> None:
    assert month_of(date(2013, 6, 30)) == "2013-06"
    assert first_day("2013-06") == date(2013, 6, 1)
