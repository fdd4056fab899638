"""The months that a report is about."""

from datetime import date

import pytest

from gateway.core.errors import InvalidValue
from gateway.core.reports.month_span import MonthSpan

TODAY = date(2026, 3, 5)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, ("2025-04", "2026-03")),
        ("2026-02", None, ("2026-02", "2026-03")),
        (None, "2025-12", ("2025-01", "2025-12")),
        ("2025-11", "2026-02", ("2025-11", "2026-02")),
    ],
)
def test_a_year_through_the_running_month_is_asked_for_unless_months_are_named(
    first: str | None, last: str | None, expected: tuple[str, str]
) -> None:
    span = MonthSpan.asked(first, last, TODAY)
    assert (span.first, span.last) == expected


def test_its_months_are_in_order_and_its_last_day_ends_them() -> None:
    span = MonthSpan("2025-11", "2026-02")
    assert span.months == ("2025-11", "2025-12", "2026-01", "2026-02")
    assert span.last_day == date(2026, 2, 28)
    assert MonthSpan("2026-02", "2026-02").months == ("2026-02",)


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-02", "2026-01", "The months from 2026-02 to 2026-01 are none; begin with the earlier one"),
        ("1000-01", "9000-12", "1000-01 to 9000-12 is more than 120 months; ask for fewer"),
        ("2026", "2026-01", "'2026' is not a month; write it like 2013-06"),
        ("2026-01", "x", "'x' is not a month; write it like 2013-06"),
    ],
)
def test_what_is_no_span_of_months_is_refused(first: str, last: str, said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        MonthSpan(first, last)


def test_ten_years_are_the_most() -> None:
    assert len(MonthSpan("2016-01", "2025-12").months) == 120
    with pytest.raises(InvalidValue):
        MonthSpan("2016-01", "2026-01")
