"""What the services ask of the storage of the books."""

from collections.abc import Sequence
from typing import Protocol

from gateway.core.books.accounting_periods import MonthBalance
from gateway.core.ledger import JournalEntry, Transfer
from gateway.core.revenue.postings import Posted


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
