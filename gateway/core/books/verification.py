"""Verifying the books: what every transfer adds up to, beside the balances that were kept as they were posted."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway.core.books.accounting_periods import MonthBalance


@dataclass(frozen=True, slots=True)
class BalanceDifference:
    """An account, or a kind of them, whose running balance is not what its transfers add up to; in minor units, debits
    and credits.
    """

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


def sums_of_kinds(balances: Iterable[MonthBalance]) -> list[MonthBalance]:
    """What balances of accounts come to by kind, which stands in place of the account."""
    sums: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for each in balances:
        found = sums[each.month, each.account.partition(":")[0], each.currency]
        found[0] += each.debit_minor
        found[1] += each.credit_minor
    return [MonthBalance(*place, *found) for place, found in sorted(sums.items())]


def _by_place(balances: Iterable[MonthBalance]) -> dict[tuple[str, str, str], tuple[int, int]]:
    return {(each.month, each.account, each.currency): (each.debit_minor, each.credit_minor) for each in balances}
