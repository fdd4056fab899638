"""Allocation: nothing is lost, and no part is a unit off."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.allocation import allocate, reached, settle
from gateway.core.errors import InvalidValue

SPLITS = [
    # whole, weights, shares
    (100, [1, 1, 1], (34, 33, 33)),
    (100, [1, 2], (33, 67)),
    (-100, [1, 2], (-33, -67)),
    (5, [10_00, 20_00, 30_00], (1, 2, 2)),
    (1, [0, 0, 3], (0, 0, 1)),
    (0, [0, 0], (0, 0)),
    (0, [], ()),
    (10, [Fraction(1, 3), Fraction(2, 3)], (3, 7)),
    (2, [3, 3, 3], (1, 1, 0)),
]


@pytest.mark.parametrize(("whole", "weights", "shares"), SPLITS)
def test_a_whole_is_split_by_largest_remainder(
    whole: int, weights: list[int | Fraction], shares: tuple[int, ...]
) -> None:
    assert allocate(whole, weights) == shares


@pytest.mark.parametrize(("whole", "weights"), [(1, [0, 0]), (1, []), (1, [2, -1])])
def test_what_no_part_can_take_is_refused(whole: int, weights: list[int]) -> None:
    with pytest.raises(InvalidValue, match="weigh a part above 0"):
        allocate(whole, weights)


@given(st.integers(-(10**15), 10**15), st.lists(st.integers(0, 10**15), min_size=1).filter(any))
def test_shares_sum_to_the_whole_and_each_is_less_than_a_unit_off(whole: int, weights: list[int]) -> None:
    shares = allocate(whole, weights)

    assert sum(shares) == whole
    assert all(
        abs(share - Fraction(whole * weight, sum(weights))) < 1 for share, weight in zip(shares, weights, strict=True)
    )


@given(st.lists(st.integers(0, 10**9), min_size=1).filter(any), st.data())
def test_no_share_is_above_its_weight_where_the_whole_is_not_above_their_sum(
    weights: list[int], data: st.DataObject
) -> None:
    whole = data.draw(st.integers(0, sum(weights)))

    assert all(share <= weight for share, weight in zip(allocate(whole, weights), weights, strict=True))


def test_shares_may_be_below_zero() -> None:
    assert settle(1, [Fraction(7, 2), Fraction(-5, 2)]) == (4, -3)


@pytest.mark.parametrize(
    ("amount", "reached_of_each"),
    [(0, (0, 0, 0)), (15, (10, 5, 0)), (35, (10, 20, 5)), (99, (10, 20, 30))],
)
def test_an_amount_reaches_the_first_parts_first(amount: int, reached_of_each: tuple[int, ...]) -> None:
    assert reached(amount, [10, 20, 30]) == reached_of_each


def test_decimals_are_reached_exactly() -> None:
    assert reached(Decimal("0.3"), [Decimal("0.1"), Decimal("0.7")]) == (Decimal("0.1"), Decimal("0.2"))
