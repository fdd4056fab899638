"""Verifying balances."""

from gateway.core.books.accounting_periods import MonthBalance
from gateway.core.books.verification import BalanceDifference, balance_differences, sums_of_kinds


def balance(account: str, debit: int, credit: int = 0) -> MonthBalance:
    return MonthBalance("2013-06", account, "USD", debit, credit)


def test_balances_that_agree_have_no_differences() -> None:
    assert list(balance_differences("default", [balance("a", 1)], [balance("a", 1)])) == []


def test_what_is_wrong_missing_or_too_much_is_named_in_order() -> None:
    kept = [balance("c", 1), balance("a", 5, 2), balance("b", 7)]
    added_up = [balance("a", 5, 3), balance("b", 7), balance("d", 0, 4)]
    assert list(balance_differences("default", kept, added_up)) == [
        BalanceDifference("default", "2013-06", "a", "USD", (5, 2), (5, 3)),
        BalanceDifference("default", "2013-06", "c", "USD", (1, 0), (0, 0)),
        BalanceDifference("default", "2013-06", "d", "USD", (0, 0), (0, 4)),
    ]


def test_accounts_of_a_kind_and_currency_are_added_up() -> None:
    euros = MonthBalance("2013-06", "cash:main", "EUR", 9, 0)

    assert sums_of_kinds([balance("cash:main", 1), balance("cash:two", 2, 5), euros, balance("breakage", 0, 4)]) == [
        balance("breakage", 0, 4),
        MonthBalance("2013-06", "cash", "EUR", 9, 0),
        balance("cash", 3, 5),
    ]
