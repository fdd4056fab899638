"""Flows: what has moved between kinds of account in all, from one to another."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from gateway.core.revenue.accounts import CREDIT_BALANCE, Account


class Movement(NamedTuple):
    """An amount above zero, in minor units, from the account that is credited to the one that is debited."""

    debit: Account
    credit: Account
    amount: int


class Flow(NamedTuple):
    """Between which accounts, and for which item of a document by its place; None where it is the document's own."""

    item: int | None
    debit: Account
    credit: Account


class Flows:
    """Amounts in minor units by flow. What is below zero flowed the other way."""

    def __init__(self) -> None:
        self._amounts: dict[Flow, int] = {}

    def move(self, debit: Account, credit: Account, amount: int, item: int | None = None) -> None:
        """Add a flow; one within an account is none."""
        if debit is not credit:
            flow = Flow(item, debit, credit)
            self._amounts[flow] = self._amounts.get(flow, 0) + amount

    def amounts(self) -> Mapping[Flow, int]:
        """All that has moved."""
        return self._amounts

    def since(self, before: "Flows") -> Iterator[Movement]:
        """What has moved since `before`, whichever the item."""
        now, then = self._by_accounts(), before._by_accounts()
        for debit, credit in now | then:
            amount = now.get((debit, credit), 0) - then.get((debit, credit), 0)
            if amount > 0:
                yield Movement(debit, credit, amount)
            elif amount < 0:
                yield Movement(credit, debit, -amount)

    def _by_accounts(self) -> dict[tuple[Account, Account], int]:
        amounts: dict[tuple[Account, Account], int] = {}
        for flow, amount in self._amounts.items():
            accounts = flow.debit, flow.credit
            amounts[accounts] = amounts.get(accounts, 0) + amount
        return amounts


def net_changes(movements: Iterable[Movement]) -> Mapping[Account, int]:
    """What movements do to the balance of each account; one of a liability or of income grows when it is credited."""
    changes = dict.fromkeys(Account, 0)
    for debit, credit, amount in movements:
        for account, change in ((debit, amount), (credit, -amount)):
            signed = -change if account in CREDIT_BALANCE else change
            changes[account] += signed
    return changes
