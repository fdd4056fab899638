"""What the services ask of storage about journals that accounting systems are sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from gateway.core.books.journal_comparison import JournalComparison
from gateway.core.books.journals import Journal, SummaryLine
from gateway.core.ledger import Transfer


@dataclass(frozen=True, slots=True)
class JournalFilter:
    """Which journals to list; None takes all."""

    connection: str | None = None
    legal_entity: str | None = None
    month: str | None = None


@dataclass(frozen=True, slots=True)
class SummedTransfer:
    """A transfer that a journal sums, by its entry's key and its place there."""

    entry_key: str
    ordinal: int
    transfer: Transfer


@dataclass(frozen=True, slots=True)
class BookedTransfer:
    """A transfer with the day that it is booked on, and the key of its entry."""

    booked_on: date
    entry_key: str
    transfer: Transfer


class Journals(Protocol):
    """Journals, what they sum, and what comparing them found."""

    def unsummed_currencies(self, connection: str, legal_entity: str, month: str) -> list[str]:
        """The currencies in which entries of the month are in no journal of the connection that is in force."""
        ...

    def next_revision(self, connection: str, legal_entity: str, month: str, currency: str) -> int:
        """What the next journal of these is numbered by."""
        ...

    def add(self, journal: Journal) -> None:
        """Add a journal with its lines; one that reverses another puts that out of force."""
        ...

    def gather(self, journal: Journal) -> Mapping[str, int]:
        """Let a new journal sum every entry that is in none in force; debits less credits by account.

        The books must be locked, or what is posted meanwhile may be missed.
        """
        ...

    def put_lines(self, journal_id: str, lines: Sequence[SummaryLine]) -> None:
        """Replace the lines."""
        ...

    def movements(self, journal_id: str) -> dict[str, int]:
        """Debits less credits by account of all that a journal sums."""
        ...

    def by_ids(self, ids: Sequence[str]) -> dict[str, Journal]:
        """Those of `ids` that exist."""
        ...

    def page(self, matching: JournalFilter, after: str | None, limit: int) -> list[Journal]:
        """Journals by id, which is by time, after the id `after`."""
        ...

    def transfers(
        self, journal_id: str, account: str | None, after: tuple[str, int] | None, limit: int
    ) -> list[SummedTransfer]:
        """What a journal sums, of one of our accounts if it is given, by entry and place, after one of them."""
        ...

    def count_parked(self, legal_entity: str, through_month: str) -> int:
        """How many journals of months through one are parked on their way."""
        ...

    def booked(self, legal_entity: str, month: str) -> list[BookedTransfer]:
        """The transfers of a month, by day, currency, entry and place."""
        ...

    def request_comparison(self, connection: str, legal_entity: str, month: str, at: datetime) -> None:
        """Ask for a month to be compared; what was found before stays until that is done."""
        ...

    def next_comparison(self, connection: str) -> tuple[str, str, datetime] | None:
        """The legal entity, the month and the time of what was asked for first and is not done."""
        ...

    def put_comparison(self, comparison: JournalComparison) -> None:
        """Keep what a comparison found."""
        ...

    def known_numbers(self, connection: str, numbers: Sequence[str]) -> set[str]:
        """Which of these a journal of the connection has."""
        ...

    def months_to_compare(
        self, connection: str, since_month: str, asked_before: datetime, failed_before: datetime
    ) -> list[tuple[str, str]]:
        """The legal entities and months with journals whose comparison was asked for too long ago, or failed."""
        ...

    def comparisons(self, legal_entity: str, month: str | None) -> list[JournalComparison]:
        """What was last found of a month, or of all, by month and connection."""
        ...
