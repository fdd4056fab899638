"""Ranges of amounts, of many forecasts together, and how good they were."""

from fractions import Fraction

from gateway.core.forecasting.accuracy import Accuracy, Judged
from gateway.core.forecasting.range import ForecastAmounts, ForecastRange, together
from gateway.core.money import Money


def usd(amount: int) -> Money:
    return Money(amount, "USD")


def amounts(expected: int, *outcomes: int) -> ForecastAmounts:
    return ForecastAmounts(usd(expected), tuple((usd(each), usd(each)) for each in outcomes))


def ends(found: ForecastAmounts) -> tuple[int, int, int]:
    shown = found.range
    return shown.low.amount_minor, shown.expected.amount_minor, shown.high.amount_minor


def test_a_range_goes_from_the_lowest_outcome_to_the_highest() -> None:
    assert ends(amounts(100, 90, 120, 95)) == (90, 100, 120)


def test_what_is_expected_is_in_its_range() -> None:
    assert ends(amounts(100, 110, 120)) == (100, 100, 120)
    assert ends(amounts(100, 80, 90)) == (80, 100, 100)


def test_an_outcome_may_be_a_pair() -> None:
    assert ends(ForecastAmounts(usd(100), ((usd(70), usd(130)),))) == (70, 100, 130)


def test_what_moves_each_customer_by_itself_evens_out() -> None:
    assert ends(together([amounts(100, 90, 110), amounts(100, 110, 90)], "USD")) == (200, 200, 200)


def test_what_moves_all_customers_at_once_adds_up() -> None:
    assert ends(together([amounts(100, 90, 110), amounts(100, 90, 110)], "USD")) == (180, 200, 220)


def test_forecasts_with_fewer_outcomes_begin_again() -> None:
    straight = ForecastAmounts(usd(10), ((usd(5), usd(15)),))

    assert ends(together([amounts(100, 90, 100, 110), straight], "USD")) == (95, 110, 125)


def test_nothing_together_is_nothing() -> None:
    assert ends(together([], "USD")) == (0, 0, 0)


def judged(low: int, expected: int, high: int, line: int, actual: int) -> Judged:
    return Judged(ForecastRange(usd(low), usd(expected), usd(high)), usd(line), usd(actual))


def test_errors_are_weighed_by_what_came() -> None:
    found = Accuracy.of([judged(90, 100, 110, 150, 110), judged(0, 5, 8, 20, 10), judged(70, 80, 90, 80, 80)])

    assert found == Accuracy(3, Fraction(15, 200), Fraction(50, 200), Fraction(2, 3))


def test_forecasts_of_nothing_have_no_error() -> None:
    assert Accuracy.of([judged(0, 0, 0, 0, 0)]) == Accuracy(1, Fraction(0), Fraction(0), Fraction(1))
