"""The trial balance."""

import pytest

from gateway.core.books.trial_balance import Balance, trial_balance
from gateway.core.errors import InvalidValue
from gateway.core.money import Money

OWED = Balance("receivables", "USD", 10_000, 5_000, 2_500)
DEFERRED = Balance("deferred_revenue", "USD", -4_000, 0, 1_000)
EARNED = Balance("revenue", "USD", -6_000, 0, 1_500)
YEN = Balance("receivables", "JPY", 0, 7, 7)


def test_what_an_account_holds_after_a_month_is_what_it_held_and_what_moved() -> None:
    assert (OWED.opening, OWED.debits, OWED.credits) == (Money(10_000, "USD"), Money(5_000, "USD"), Money(2_500, "USD"))
    assert OWED.closing == Money(12_500, "USD")
    assert EARNED.closing == Money(-7_500, "USD")


def test_rows_stand_by_currency_in_the_order_of_the_chart() -> None:
    found = trial_balance("default", "2013-06", [EARNED, OWED, YEN, DEFERRED])
    assert found.rows == (YEN, OWED, DEFERRED, EARNED)


def test_debits_equal_credits_in_each_currency() -> None:
    found = trial_balance("default", "2013-06", [OWED, DEFERRED, EARNED, YEN])
    assert found.totals() == (Balance("", "JPY", 0, 7, 7), Balance("", "USD", 0, 5_000, 5_000))
    assert found.is_balanced


@pytest.mark.parametrize("lacking", [Balance("revenue", "USD", -1, 0, 0), Balance("revenue", "USD", 0, 0, 1)])
def test_books_that_do_not_balance_are_seen_before_and_in_the_month(lacking: Balance) -> None:
    assert not trial_balance("default", "2013-06", [OWED, DEFERRED, EARNED, lacking]).is_balanced


def test_an_account_knows_its_kind() -> None:
    assert Balance("receivables:acme", "USD", 0, 0, 0).kind is OWED.kind


def test_a_kind_outside_of_the_chart_is_refused() -> None:
    with pytest.raises(InvalidValue, match="Account 'pocket' is not in the chart"):
        trial_balance("default", "2013-06", [Balance("pocket", "USD", 0, 1, 0)])
