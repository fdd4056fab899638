"""What the services ask of the storage of reviews."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.core.gate.review import Review, ReviewKind, ReviewStatus
from gateway.core.invoicing.invoice import InvoiceKey


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """Which reviews to list; None takes all."""

    status: ReviewStatus | None = None
    kind: ReviewKind | None = None
    assignee: str | None = None
    customer: str | None = None
    subject: str | None = None


class Reviews(Protocol):
    """What waits, or waited, for a person."""

    def put(self, review: Review) -> None:
        """Store a review as it is now."""
        ...

    def lock(self, review_id: str) -> Review:
        """One review, locked until the transaction ends. Raises `NotFound`."""
        ...

    def open_of(self, subjects: Sequence[str]) -> dict[str, Review]:
        """The reviews of these subjects that are not resolved, by subject."""
        ...

    def by_ids(self, ids: Sequence[str]) -> dict[str, Review]:
        """Those of `ids` that exist."""
        ...

    def of_subjects(self, subjects: Sequence[str]) -> dict[str, Review]:
        """The newest review of each subject."""
        ...

    def page(self, matching: ReviewFilter, after: tuple[datetime, str] | None, limit: int) -> list[Review]:
        """Reviews, the one that was opened first first, behind a place in that order: a time and an id."""
        ...

    def count(self, matching: ReviewFilter) -> int:
        """How many there are."""
        ...

    def counts(self) -> dict[ReviewKind, int]:
        """How many are not resolved, by kind."""
        ...

    def waited(self, now: datetime) -> list[Review]:
        """Those that wait until `now` or a time before, the one opened first first."""
        ...

    def written_off(self, subscription_ids: Sequence[str]) -> set[InvoiceKey]:
        """The keys of invoices that were reviewed and are not to be made again."""
        ...
