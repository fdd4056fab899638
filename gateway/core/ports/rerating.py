"""What the services ask of the storage of re-rating: jobs, revisions, and adjustments that wait for an invoice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gateway.core.errors import InvalidValue
from gateway.core.faults import text_fault
from gateway.core.invoicing.credit_notes import Disposition
from gateway.core.invoicing.invoice import InvoiceLine
from gateway.core.rerating.revision import Changes, Revision

At = tuple[datetime, str]
"""An instant and an id, in whose order things are listed."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which final invoices to re-rate: those of billed periods that end in a time; empty means all."""

    customers: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()
    meters: tuple[str, ...] = ()
    ended_after: datetime | None = None
    ended_until: datetime | None = None


class RerateOutcome(StrEnum):
    """What became of an invoice in a job."""

    PENDING = "pending"
    UNCHANGED = "unchanged"
    REVISED = "revised"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RerateJob:
    """Who had what re-rated, why, and how it is billed: what is owed on the next invoice, or at once on its own.

    `disposition` says how a credit note gives back what was overcharged; None leaves that to whether it is paid.
    """

    id: str
    actor: str
    reason: str
    selection: Selection
    changes: Changes
    is_billed_at_once: bool
    disposition: Disposition | None
    created_at: datetime
    finished_at: datetime | None = None

    def __post_init__(self) -> None:
        if fault := text_fault(self.reason):
            raise InvalidValue(f"The reason for re-rating {fault}")


@dataclass(frozen=True, slots=True)
class JobItem:
    """What became of one invoice in a job: the revision that was made, or why it was left alone."""

    job_id: str
    invoice_id: str
    outcome: RerateOutcome
    detail: str = ""
    revision_id: str | None = None


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A difference that waits for an invoice, by its revision and its place there."""

    revision_id: str
    place: int
    line: InvoiceLine


class Rerating(Protocol):
    """Jobs, revisions and adjustments."""

    def select(self, selection: Selection, after: At | None, limit: int) -> list[At]:
        """The boundaries and ids of final invoices of billed periods that are selected, in that order."""
        ...

    def add_job(self, job: RerateJob, invoice_ids: Sequence[str]) -> None:
        """Store a job with the invoices that it is for, all of them pending."""
        ...

    def job(self, job_id: str) -> RerateJob:
        """One job. Raises `NotFound`."""
        ...

    def jobs(self, after: At | None, limit: int) -> list[RerateJob]:
        """Jobs, newest first, behind the given time and id."""
        ...

    def unfinished(self) -> list[RerateJob]:
        """Jobs with something pending, oldest first."""
        ...

    def finish_job(self, job_id: str, at: datetime) -> None:
        """Keep that nothing of a job is pending any more."""
        ...

    def items(self, job_id: str, after: str | None, limit: int, outcome: RerateOutcome | None = None) -> list[JobItem]:
        """Invoices of a job by id, after the id `after`."""
        ...

    def counts(self, job_ids: Sequence[str]) -> Mapping[str, Mapping[RerateOutcome, int]]:
        """How many invoices of jobs came to which outcome."""
        ...

    def settle_item(self, item: JobItem) -> bool:
        """Store what became of a pending invoice; False if another process was faster."""
        ...

    def add(self, revision: Revision) -> None:
        """Store a revision and what was booked."""
        ...

    def of_invoices(self, invoice_ids: Sequence[str]) -> dict[str, list[Revision]]:
        """The revisions of invoices, by number."""
        ...

    def by_ids(self, ids: Sequence[str]) -> dict[str, Revision]:
        """Those of `ids` that exist."""
        ...

    def waiting(self, customer: str, currency: str, legal_entity: str) -> list[Adjustment]:
        """The adjustments of a customer that no live invoice bills, in the order of their making."""
        ...

    def bill(self, adjustments: Sequence[Adjustment], invoice_id: str) -> None:
        """Keep that an invoice bills them."""
        ...

    def billed_on(self, invoice_id: str) -> list[Adjustment]:
        """The adjustments that an invoice bills, in the order of its lines."""
        ...
