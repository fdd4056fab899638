"""Credits among our lines are taken off the charges, because a charge invoice holds nothing below zero."""

import pytest
from gateway_recurly.lines import to_charges
from hypothesis import given
from hypothesis import strategies as st

from gateway.testing import invoice_document

# our lines; what is charged for each that is not a credit
FOLDED = [
    ([500, 200], [500, 200]),
    ([500, -200], [300]),
    ([-200, 500], [300]),  # off the charges after it, where there is none before
    ([500, 300, -200], [500, 100]),  # off the nearest before it
    ([500, 300, -400], [400, 0]),  # and on to the one before that
    ([100, -300, 400], [0, 200]),
    ([500, -200, -200], [100]),
    ([500, 0], [500, 0]),
    ([0], [0]),
    ([100, -100], [0]),
]


@pytest.mark.parametrize(("amounts", "charged"), FOLDED)
def test_a_credit_comes_off_the_nearest_charges(amounts: list[int], charged: list[int]) -> None:
    charges = to_charges(invoice_document("code-a", amounts).lines)
    assert [charge.amount.amount_minor for charge in charges] == charged


def test_a_charge_says_what_was_taken_off_it() -> None:
    (charge,) = to_charges(invoice_document("code-a", [500, -200, -50]).lines)
    assert charge.description == "Line 0 (5.00 less 2.00 Line 1, 0.50 Line 2)"


@given(st.lists(st.integers(-1000, 3000), min_size=1, max_size=20).filter(lambda amounts: sum(amounts) >= 0))
def test_the_charges_sum_to_the_lines_and_none_is_below_zero(amounts: list[int]) -> None:
    charged = [charge.amount.amount_minor for charge in to_charges(invoice_document("code-a", amounts).lines)]
    assert sum(charged) == sum(amounts)
    assert min(charged, default=0) >= 0
