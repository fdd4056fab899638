"""What is still to come of a series, and what it would be had now missed what past days did."""

from datetime import date
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.forecasting.by_weekday import Remaining, remaining_units
from gateway.core.forecasting.horizon import Horizon, day_parts
from gateway.core.forecasting.new_values import remaining_values

ONE = 10**12
TWO_DAYS = Horizon(date(2026, 1, 30), 1, (day_parts, day_parts))
HALF_A_DAY = Horizon(date(2026, 1, 30), 1, (day_parts // 2,))


def week(*busy: int) -> list[int]:
    """A week with 10 on the days that are named, and 1 on the others."""
    return [10 if day in busy else 1 for day in range(7)]


def test_a_day_is_expected_to_be_as_the_same_days_of_the_week_were() -> None:
    assert remaining_units(week(0) * 5, TWO_DAYS, ()) == Remaining(Fraction(11), ())


def test_only_the_last_four_weeks_say_what_to_expect() -> None:
    assert remaining_units([*[1000] * 7, *week(0) * 3, *week()], TWO_DAYS, ()).expected == Fraction(31, 4) + 1


def test_two_weeks_are_enough() -> None:
    assert remaining_units([1] * 7 + [3] * 7, TWO_DAYS, ()).expected == 4


def test_of_a_part_of_a_day_a_part_comes() -> None:
    assert remaining_units([5] * 14, HALF_A_DAY, ()).expected == Fraction(5, 2)


def test_what_past_forecasts_missed_makes_the_outcomes() -> None:
    # 1 a day for three weeks, then 3 on each of the two days that the origin looks at.
    days = [1] * 21 + [3, 3]

    found = remaining_units(days, TWO_DAYS, (21, 19))

    # Now: the two next days are the third and fourth of the week, at 1 each.
    assert found == Remaining(Fraction(2), (Fraction(2 + 4), Fraction(2)))


def test_less_than_nothing_does_not_come() -> None:
    days = [9] * 14 + [0] * 14

    assert remaining_units(days, TWO_DAYS, (14,)) == Remaining(Fraction(9), (Fraction(0),))


def test_what_is_given_back_may_come() -> None:
    assert remaining_units([-2] * 14 + [-5] * 2, TWO_DAYS, (14,)).outcomes == (Fraction(-4 - 6),)


@given(st.lists(st.integers(0, 10**30), min_size=14, max_size=60), st.integers(1, 40))
def test_what_never_was_below_zero_never_will_be(days: list[int], ahead: int) -> None:
    horizon = Horizon(date(2026, 1, 1), 0, (day_parts,) * ahead)

    found = remaining_units(days, horizon, horizon.origins(len(days)))

    assert min(found.expected, *found.outcomes, found.expected) >= 0


@given(st.lists(st.tuples(st.integers(0, 10**20), st.integers(0, 10**20)), min_size=14, max_size=50))
def test_series_that_are_added_are_expected_to_add_up(pairs: list[tuple[int, int]]) -> None:
    one, other = zip(*pairs, strict=True)

    both = remaining_units([a + b for a, b in pairs], TWO_DAYS, ()).expected

    assert both == remaining_units(one, TWO_DAYS, ()).expected + remaining_units(other, TWO_DAYS, ()).expected


def values(*days: str) -> list[frozenset[str]]:
    return [frozenset(day) for day in days]


def test_values_that_were_met_before_in_the_period_are_not_new() -> None:
    # After origin 1 came b and c, of which a day before it had b; after origin 2 came c and d.
    found = remaining_values(values("b", "b", "c", "cd"), TWO_DAYS, (2, 1))

    assert found == Remaining(Fraction(3 * ONE, 2), (Fraction(2 * ONE), Fraction(ONE)))


def test_the_median_of_an_odd_number_of_origins_is_one_of_them() -> None:
    found = remaining_values(values("a", "a", "a", "b", "cd"), TWO_DAYS, (3, 2, 1))

    assert found == Remaining(Fraction(ONE), (Fraction(3 * ONE), Fraction(ONE), Fraction(0)))


def test_before_the_first_day_is_over_every_value_is_new() -> None:
    at_its_start = Horizon(date(2026, 1, 1), 0, (day_parts, day_parts))

    assert remaining_values(values("a", "ab", "b"), at_its_start, (1,)).outcomes == (Fraction(2 * ONE),)
