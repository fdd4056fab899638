"""What the services ask of the storage of what is earned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from gateway.core.revenue.facts import Fact, RecordedFact
from gateway.core.revenue.invoice_document import Delivered


@dataclass(frozen=True, slots=True)
class Recognition:
    """How far the books are with a document.

    `entries` were posted for it. `due_on` is the last day of the month in which the next of it is earned; None if
    nothing moves any more by itself.
    """

    document_id: str
    legal_entity: str
    due_on: date | None
    entries: int = 0


class Revenue(Protocol):
    """What is known of documents whose lines are earned, and how far the books are with them."""

    def add(self, recognition: Recognition) -> None:
        """Begin with a document."""
        ...

    def lock(self, document_ids: Sequence[str]) -> dict[str, Recognition]:
        """Those of the documents that are begun, locked until the transaction ends."""
        ...

    def update(self, recognitions: Sequence[Recognition]) -> None:
        """Store how far the books are by now."""
        ...

    def due(self, legal_entity: str, through: date, limit: int) -> list[str]:
        """Documents of which something is due by the end of a day, the longest due first."""
        ...

    def count_due(self, legal_entity: str, through: date) -> int:
        """How many documents that is."""
        ...

    def add_fact(self, document_id: str, fact: RecordedFact, recorded_at: datetime) -> None:
        """Keep what happened to the money of a document."""
        ...

    def recorded_facts(self, document_id: str) -> list[RecordedFact]:
        """What happened to the money of a document, in the order recorded."""
        ...

    def facts(self, document_ids: Sequence[str]) -> dict[str, tuple[Fact, ...]]:
        """What of that is in force, by document."""
        ...

    def set_delivered(self, document_id: str, delivered: Mapping[int, Delivered]) -> None:
        """Keep what lines had come to by the ends of months."""
        ...

    def delivered(self, document_ids: Sequence[str]) -> dict[str, dict[int, Delivered]]:
        """The same by document, and by the place of the line."""
        ...

    def accrued_through(self, legal_entity: str) -> date | None:
        """Through which day running periods are accrued; None where none ever were."""
        ...

    def set_accrued_through(self, legal_entity: str, day: date) -> None:
        """Note that they are, through a day."""
        ...
