"""Verifying the books: what every transfer adds up to, beside the balances that were kept as they were posted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway.core.books.accounting_periods import MonthBalance


@dataclass(frozen=True, slots=True)
class BalanceDifference:
    """An account whose running balance is not what its transfers add up to; in minor units, debits and credits."""

    legal_entity: str
    month: str
    account: str
    currency: str
    kept: tuple[int, int]
    added_up: tuple[int, int]


def balance_differences(
    legal_entity: str, kept: Iterable[MonthBalance], added_up: Iterable[MonthBalance]
) -> Iterator[BalanceDifference]:
    """Where they differ, in order of month, account and currency."""
    first, second = _by_place(kept), _by_place(added_up)
    for place in sorted(first.keys() | second.keys()):
        left, right = first.get(place, (0, 0)), second.get(place, (0, 0))
        if left != right:
            yield BalanceDifference(legal_entity, *place, left, right)


def _by_place(balances: Iterable[MonthBalance]) -> dict[tuple[str, str, str], tuple[int, int]]:
    return {(each.month, each.account, each.currency): (each.debit_minor, each.credit_minor) for each in balances}
