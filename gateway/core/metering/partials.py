"""A fold of some of the events that one count is made of, and the transactions among them."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from gateway.core.metering.folds import Fold
from gateway.core.metering.values import Value
from gateway.core.rating.rated import Transaction


@dataclass(slots=True)
class Partial:
    """A fold, and every single value where they are rated one by one."""

    fold: Fold
    keeps_transactions: bool = False
    transactions: list[Transaction] = field(default_factory=list)
    is_empty: bool = True

    def add(self, value: Value, occurred_at: datetime, position: int) -> None:
        """Fold in one event."""
        self.is_empty = False
        self.fold.add(value, occurred_at, position)
        if self.keeps_transactions and isinstance(value, Decimal):
            self.transactions.append(Transaction(occurred_at, position, value))

    def merge(self, other: "Partial") -> None:
        """Fold in the events of another partial fold of the same count."""
        if self.is_empty:
            self.fold, self.is_empty = other.fold, other.is_empty
        elif not other.is_empty:
            self.fold.merge(other.fold)
        self.transactions += other.transactions
