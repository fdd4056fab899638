"""Periods that still run: what of their discounts counts by now."""

from decimal import Decimal
from fractions import Fraction

import pytest

from gateway.core.invoicing.discounts import Discount, Fixed, Percent
from gateway.core.revenue.running_usage import discounts_so_far

TENTH = Discount("tenth", Percent(Decimal(10)), frozenset({"calls"}))


@pytest.mark.parametrize(
    ("amount", "currency", "passed", "so_far"),
    [
        ("31.00", "EUR", Fraction(17, 31), "17.00"),
        ("10.00", "EUR", Fraction(1, 3), "3.33"),
        ("10.00", "EUR", Fraction(1, 1), "10.00"),
        ("100", "JPY", Fraction(1, 200), "1"),
        ("0.01", "EUR", Fraction(1, 2), "0.01"),
    ],
)
def test_of_a_fixed_amount_that_part_counts_which_is_over(
    amount: str, currency: str, passed: Fraction, so_far: str
) -> None:
    spring = Discount("spring", Fixed(Decimal(amount), currency), frozenset({"calls"}))

    (part,) = discounts_so_far([spring], passed)

    assert part == Discount("spring", Fixed(Decimal(so_far), currency), frozenset({"calls"}))


def test_a_percentage_is_the_same_of_every_part_and_what_is_nothing_by_now_is_left_out() -> None:
    small = Discount("small", Fixed(Decimal("0.01"), "EUR"))

    assert discounts_so_far([small, TENTH], Fraction(1, 3)) == (TENTH,)
