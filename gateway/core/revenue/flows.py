"""Flows: what has moved between kinds of account in all, from one to another."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from gateway.core.revenue.accounts import CREDIT_BALANCE, Account


class Movement(NamedTuple):
    """An amount above zero, in minor units, from the account that is credited to the one that is debited."""

    debit: Account
    credit: Account
    amount: int


class Flows:
    """Amounts in minor units by (debit, credit). What is below zero flowed the other way."""

    def __init__(self) -> None:
        self._amounts: dict[tuple[Account, Account], int] = {}

    def move(self, debit: Account, credit: Account, amount: int) -> None:
        """Add a flow; one within an account is none."""
        if debit is not credit:
            self._amounts[debit, credit] = self._amounts.get((debit, credit), 0) + amount

    def since(self, before: "Flows") -> Iterator[Movement]:
        """What has moved since `before`."""
        for debit, credit in self._amounts | before._amounts:
            amount = self._amounts.get((debit, credit), 0) - before._amounts.get((debit, credit), 0)
            if amount > 0:
                yield Movement(debit, credit, amount)
            elif amount < 0:
                yield Movement(credit, debit, -amount)


def net_changes(movements: Iterable[Movement]) -> Mapping[Account, int]:
    """What movements do to the balance of each account; one of a liability or of income grows when it is credited."""
    changes = dict.fromkeys(Account, 0)
    for debit, credit, amount in movements:
        for account, change in ((debit, amount), (credit, -amount)):
            signed = -change if account in CREDIT_BALANCE else change
            changes[account] += signed
    return changes
