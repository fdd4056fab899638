"""What the services ask of the storage of the books."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from gateway.core.books.accounting_periods import MonthBalance
from gateway.core.books.trial_balance import Balance
from gateway.core.ledger import JournalEntry, Transfer
from gateway.core.revenue.postings import Posted

Place = tuple[str, str, int]
"""Where a transfer stands in the books: day, key of its entry, ordinal."""


@dataclass(frozen=True, slots=True)
class BookedTransfer:
    """A transfer where it is booked, which is not the day that it belongs to if that day's month was closed."""

    entry: str
    ordinal: int
    accounting_day: date
    effective_day: date
    posted_at: datetime
    transfer: Transfer

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.accounting_day.isoformat(), self.entry, self.ordinal


@dataclass(frozen=True, slots=True)
class AddedUp:
    """What the transfers of a month come to, and how many they are."""

    transfers: int
    balances: list[MonthBalance]


class Books(Protocol):
    """The ledger."""

    def post(self, entry: JournalEntry) -> bool:
        """Append an entry; False if its key was posted before.

        An entry whose month is closed or locked is booked on the first day of the first month that is open, and keeps
        the day that it belongs to. No month of the books is closed before the transaction ends.
        """
        ...

    def transfers(self, source_prefix: str) -> list[Transfer]:
        """The transfers whose source starts so, in order of posting."""
        ...

    def posted(self, sources: Sequence[str]) -> list[Posted]:
        """The transfers that stem from these sources, and the days on which the books have them."""
        ...

    def posted_under(self, source_prefix: str) -> list[Posted]:
        """The same of the transfers whose source starts so."""
        ...

    def balances(self, legal_entity: str | None = None) -> dict[tuple[str, str], int]:
        """Debits less credits in minor units by (account, currency); in the books of all, or of one legal entity."""
        ...

    def balances_by_month(self, legal_entity: str, through_month: str) -> list[MonthBalance]:
        """What the accounts of a legal entity were debited and credited with in each month through one, by month,
        account and currency."""
        ...

    def months(self, legal_entity: str) -> set[str]:
        """The months that entries or balances of a legal entity are in."""
        ...

    def month_balances(self, legal_entity: str, month: str) -> list[MonthBalance]:
        """What the accounts were debited and credited with in one month, by account and currency."""
        ...

    def month_kinds(self, legal_entity: str, month: str) -> list[MonthBalance]:
        """The same of all accounts of each kind, which is named in place of an account."""
        ...

    def added_up(self, legal_entity: str, month: str) -> AddedUp:
        """What the accounts of a month come to by the transfers themselves, and not by the running balances."""
        ...

    def kind_balances(self, legal_entity: str, month: str) -> list[Balance]:
        """What all accounts of each kind held before a month and what moved in it; each `account` is a kind."""
        ...

    def account_balances(
        self, legal_entity: str, month: str, kind: str, after: tuple[str, str] | None, limit: int
    ) -> list[Balance]:
        """The same for each account of a kind, by account and currency, behind a pair of those."""
        ...

    def booked(
        self, legal_entity: str, month: str, account: str, after: Place | None, limit: int
    ) -> list[BookedTransfer]:
        """The transfers of a month that debit or credit an account, in the order of the books, behind a place in it."""
        ...
