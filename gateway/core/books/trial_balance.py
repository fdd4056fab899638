"""The trial balance: what every kind of account held before a month, what moved in it, and what it holds after it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.core.books.chart import CHART, AccountKind, kind_of
from gateway.core.money import Money


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account, or all of a kind, held before a month and what moved in it, in minor units of a currency.

    What it holds is debits less credits: above zero on the debit side, below zero on the credit side.
    """

    account: str
    currency: str
    opening_minor: int
    debit_minor: int
    credit_minor: int

    @property
    def opening(self) -> Money:
        """What it held before."""
        return Money(self.opening_minor, self.currency)

    @property
    def debits(self) -> Money:
        """What was debited."""
        return Money(self.debit_minor, self.currency)

    @property
    def credits(self) -> Money:
        """What was credited."""
        return Money(self.credit_minor, self.currency)

    @property
    def closing(self) -> Money:
        """What it holds after."""
        return self.opening + self.debits - self.credits

    @property
    def kind(self) -> AccountKind:
        """The kind of the account."""
        return CHART[self.account] if self.account in CHART else kind_of(self.account)


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """The books of a legal entity at the end of a month: rows by currency, in the order of the chart."""

    legal_entity: str
    month: str
    rows: tuple[Balance, ...]

    def totals(self) -> tuple[Balance, ...]:
        """The sum of all rows for each currency, whose account is empty; it opens and closes with zero."""
        sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        for row in self.rows:
            for place, amount in enumerate((row.opening_minor, row.debit_minor, row.credit_minor)):
                sums[row.currency][place] += amount
        return tuple(Balance("", currency, *found) for currency, found in sorted(sums.items()))

    @property
    def is_balanced(self) -> bool:
        """Whether debits equal credits, before and in the month, in each currency."""
        return all(not each.opening_minor and each.debit_minor == each.credit_minor for each in self.totals())


def trial_balance(legal_entity: str, month: str, kinds: Iterable[Balance]) -> TrialBalance:
    """The trial balance that the sums of kinds make. Raises `InvalidValue` for a kind that the chart does not have."""
    order = {kind: place for place, kind in enumerate(CHART)}
    rows = sorted(kinds, key=lambda row: (row.currency, order[row.kind.kind]))
    return TrialBalance(legal_entity, month, tuple(rows))
