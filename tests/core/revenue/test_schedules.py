"""Schedules: how much is earned by the end of a day."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import InvalidValue
from gateway.core.revenue.lines import RevenueLine
from gateway.core.revenue.schedules import AsDelivered, AtOnce, ByDay, EvenMonths, Schedule

JANUARY = ByDay(date(2026, 1, 1), date(2026, 2, 1))
YEAR = EvenMonths(date(2026, 1, 1), 12)
USAGE = AsDelivered(((date(2026, 3, 2), 2000), (date(2026, 3, 30), 4500), (date(2026, 4, 2), 4000)), date(2026, 4, 5))

EARNED = [
    # schedule, amount, by the end of, earned
    (AtOnce(date(2026, 1, 15)), 500, date(2026, 1, 14), 0),
    (AtOnce(date(2026, 1, 15)), 500, date(2026, 1, 15), 500),
    (JANUARY, 3100, date(2025, 12, 31), 0),
    (JANUARY, 3100, date(2026, 1, 1), 100),
    (JANUARY, 3100, date(2026, 1, 31), 3100),
    (JANUARY, 3100, date(2026, 6, 1), 3100),
    (JANUARY, -3100, date(2026, 1, 10), -1000),
    (JANUARY, 100, date(2026, 1, 10), Fraction(1000, 31)),
    (YEAR, 12000, date(2025, 12, 31), 0),
    (YEAR, 12000, date(2026, 1, 31), 1000),
    (YEAR, 12000, date(2026, 2, 14), 1500),
    (YEAR, 12000, date(2026, 12, 31), 12000),
    (YEAR, 12000, date(2027, 1, 1), 12000),
    (EvenMonths(date(2026, 11, 20), 3), 300, date(2027, 1, 31), 300),
    (EvenMonths(date(2026, 11, 20), 3), 300, date(2026, 12, 31), 200),
    (USAGE, 5000, date(2026, 3, 1), 0),
    (USAGE, 5000, date(2026, 3, 2), 2000),
    (USAGE, 5000, date(2026, 3, 31), 4500),
    (USAGE, 5000, date(2026, 4, 4), 4000),
    (USAGE, 5000, date(2026, 4, 5), 5000),
    (AsDelivered(()), 5000, date(2026, 4, 5), 0),
]


@pytest.mark.parametrize(("schedule", "amount", "through", "earned"), EARNED)
def test_an_amount_is_earned_by_its_schedule(
    schedule: Schedule, amount: int, through: date, earned: int | Fraction
) -> None:
    assert schedule.earned(amount, through) == earned


def test_a_span_without_a_day_is_refused() -> None:
    with pytest.raises(InvalidValue, match="From 2026-01-01 to 2026-01-01 there is no day"):
        ByDay(date(2026, 1, 1), date(2026, 1, 1))


def test_a_service_of_no_month_is_refused() -> None:
    with pytest.raises(InvalidValue, match="0 months are no service"):
        EvenMonths(date(2026, 1, 1), 0)


def test_a_part_of_an_amount_is_earned_as_all_of_it_is() -> None:
    line = RevenueLine(3100, JANUARY)

    assert line.earned(date(2026, 1, 10)) == 1000
    assert line.earned(date(2026, 1, 10), 1550) == 500


def test_nothing_is_earned_of_a_part_of_nothing() -> None:
    assert RevenueLine(0, JANUARY).earned(date(2026, 1, 10), 0) == 0


SCHEDULES = st.one_of(
    st.builds(AtOnce, st.dates(date(2020, 1, 1), date(2030, 1, 1))),
    st.tuples(st.dates(date(2020, 1, 1), date(2024, 1, 1)), st.dates(date(2024, 1, 2), date(2030, 1, 1))).map(
        lambda span: ByDay(*span)
    ),
    st.builds(EvenMonths, st.dates(date(2020, 1, 1), date(2024, 1, 1)), st.integers(1, 60)),
)


@given(SCHEDULES, st.integers(0, 10**13), st.dates(date(2019, 1, 1), date(2031, 1, 1)), st.integers(0, 400))
def test_what_is_earned_only_grows_up_to_the_whole(schedule: Schedule, amount: int, day: date, days: int) -> None:
    line = RevenueLine(amount, schedule)
    later = date.fromordinal(day.toordinal() + days)

    assert 0 <= line.earned(day) <= line.earned(later) <= amount
    assert line.earned(date(2040, 1, 1)) == amount
