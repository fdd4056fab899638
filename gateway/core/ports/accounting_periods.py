"""What the services ask of the storage of accounting periods."""

from typing import Protocol

from gateway.core.books.accounting_periods import AccountingPeriod, ClosedBooks, PeriodChange


class AccountingPeriods(Protocol):
    """Which months of a legal entity's books are closed or locked, and who did that."""

    def closed_books(self, legal_entity: str) -> ClosedBooks:
        """Through which months the books are closed and locked, as of now; nothing keeps that so."""
        ...

    def closed_months(self, legal_entity: str) -> set[str]:
        """The months, from the first with postings on, that nothing is booked in: closed or locked ones."""
        ...

    def periods(self, legal_entity: str) -> list[AccountingPeriod]:
        """The months with postings or changes, in order."""
        ...

    def lock_to_post(self, legal_entity: str) -> ClosedBooks:
        """Keep the books as they are until the transaction ends: others may post, none may close or open a month."""
        ...

    def lock_to_change(self, legal_entity: str) -> ClosedBooks:
        """Wait until nobody posts to the books, and let nobody until the transaction ends."""
        ...

    def change(self, books: ClosedBooks, change: PeriodChange) -> None:
        """Let the books be closed as said from now on, and record who did that. Call `lock_to_change` before."""
        ...

    def changes(self, legal_entity: str) -> list[PeriodChange]:
        """Who closed, locked or opened months again, in order."""
        ...
