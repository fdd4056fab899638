"""Re-rating: what rating billed periods again found, and how it is booked."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from gateway.core.ports import rerating as ports
from gateway.core.rerating import revision as core
from gateway.core.time import from_microseconds, microseconds
from gateway.schema.context import Info, related
from gateway.schema.scalars import Long
from gateway.schema.types import credit_note as credit_notes
from gateway.schema.types import invoice as invoices
from gateway.schema.types.money import DimensionValue, Money, shortest
from gateway.schema.types.page import After, Connection, First, Paging, check_size, page_size_default
from gateway.services.rerate import Finding

if TYPE_CHECKING:
    from gateway.schema.types.credit_note import CreditNote
    from gateway.schema.types.invoice import Invoice

JOBS: Paging[ports.RerateJob] = Paging("rerateJobs", (int, str), lambda each: (microseconds(each.created_at), each.id))
ITEMS: Paging[ports.JobItem] = Paging("rerateItems", (str,), lambda each: (each.invoice_id,))
FINDINGS: Paging[Finding] = Paging(
    "reratePreview",
    (int, str),
    lambda each: (microseconds(each.rated.invoice.key.boundary_at), each.rated.invoice.id),
)


def job_place(cursor: str | None) -> ports.At | None:
    """The place that a cursor of jobs names, as storage knows it."""
    place = JOBS.after(cursor)
    return None if place is None else (from_microseconds(place[0]), place[1])


def finding_place(cursor: str | None) -> ports.At | None:
    """The place that a cursor of a preview names, as storage knows it."""
    place = FINDINGS.after(cursor)
    return None if place is None else (from_microseconds(place[0]), place[1])


@strawberry.type
class RerateDifference:
    """What re-rating found for one price, or one dimension value of it: above zero is owed, below was overcharged."""

    booked_as: core.BookedAs = strawberry.field(description="How it is booked.")
    price: str = strawberry.field(description="The key of the price, or of the commitment that a true-up fills.")
    description: str = strawberry.field(description="What was billed, for people.")
    dimensions: list[DimensionValue] = strawberry.field(description="Which part of the usage it is, if it is a part.")
    quantity: Decimal = strawberry.field(description="How many units more, or less.")
    amount: Money = strawberry.field(description="Before discounts and taxes.")
    discount: Money = strawberry.field(description="What comes off it by the coupons of the original.")
    tax: Money = strawberry.field(description="The taxes of the original on what that leaves.")
    gross: Money = strawberry.field(description="What the customer owes more, or gets back.")

    @classmethod
    def from_core(cls, booked: core.Booked) -> Self:
        """The same difference."""
        line = booked.line
        return cls(
            booked_as=booked.booked_as,
            price=line.price,
            description=line.description,
            dimensions=DimensionValue.list_from(line.dimensions),
            quantity=shortest(line.quantity),
            amount=Money.from_core(line.amount),
            discount=Money.from_core(line.discount),
            tax=Money.from_core(line.tax),
            gross=Money.from_core(line.gross),
        )


@strawberry.type
class RerateFinding:
    """What re-rating one invoice would find."""

    billed: Money = strawberry.field(description="What was billed of it and booked since, with tax.")
    correct: Money = strawberry.field(description="What it comes to with the changes.")
    difference: Money = strawberry.field(description="What the customer owes more, or gets back.")
    differences: list[RerateDifference] = strawberry.field(description="Line by line; none where nothing changes.")
    refused: str | None = strawberry.field(description="Why the result is not to be trusted; then nothing is booked.")
    found: strawberry.Private[Finding]

    @strawberry.field
    def invoice(self) -> Annotated["Invoice", strawberry.lazy("gateway.schema.types.invoice")]:
        """The invoice that was rated again."""
        return invoices.Invoice.from_core(self.found.rated.invoice)

    @classmethod
    def from_core(cls, found: Finding) -> Self:
        """The same finding."""
        rated = found.rated
        return cls(
            billed=Money.from_core(rated.billed),
            correct=Money.from_core(rated.billed + rated.difference),
            difference=Money.from_core(rated.difference),
            differences=[RerateDifference.from_core(each) for each in found.settlement.booked],
            refused=rated.refused,
            found=found,
        )


@strawberry.type
class Revision:
    """One re-rating of an invoice, whose difference was booked; kept for ever."""

    id: strawberry.ID = strawberry.field(description="Its id.")
    number: int = strawberry.field(description="From 1; each has what the ones before had not found.")
    created_at: datetime = strawberry.field(description="When, by business time.")
    cut_off: Long = strawberry.field(description="The log position up to which events were counted.")
    plan_version: int = strawberry.field(description="Whose prices applied.")
    job_id: strawberry.ID = strawberry.field(description="The job that asked for it.")
    differences: list[RerateDifference] = strawberry.field(description="What it found, and how that was booked.")
    credit_note_id: strawberry.Private[str | None]

    @strawberry.field
    async def credit_note(
        self, info: Info
    ) -> Annotated["CreditNote", strawberry.lazy("gateway.schema.types.credit_note")] | None:
        """The credit note that gave back what was overcharged."""
        if self.credit_note_id is None:
            return None
        found = await related(info).credit_notes.load(self.credit_note_id)
        return credit_notes.CreditNote.from_core(found) if found else None

    @classmethod
    def from_core(cls, revision: core.Revision) -> Self:
        """The same revision."""
        return cls(
            id=strawberry.ID(revision.id),
            number=revision.number,
            created_at=revision.created_at,
            cut_off=Long(revision.cut_off),
            plan_version=revision.plan_version,
            job_id=strawberry.ID(revision.job_id),
            differences=[RerateDifference.from_core(each) for each in revision.booked],
            credit_note_id=revision.credit_note_id,
        )


@strawberry.type
class RerateItem:
    """What became of one invoice in a job."""

    invoice_id: strawberry.ID = strawberry.field(description="The invoice's id.")
    outcome: ports.RerateOutcome = strawberry.field(description="What became of it.")
    detail: str | None = strawberry.field(description="Why it was refused.")
    revision_id: strawberry.ID | None = strawberry.field(description="The revision that was made of it.")

    @classmethod
    def from_core(cls, item: ports.JobItem) -> Self:
        """The same item."""
        return cls(
            invoice_id=strawberry.ID(item.invoice_id),
            outcome=item.outcome,
            detail=item.detail or None,
            revision_id=strawberry.ID(item.revision_id) if item.revision_id else None,
        )


@strawberry.type
class RerateCount:
    """How many invoices of a job came to an outcome."""

    outcome: ports.RerateOutcome = strawberry.field(description="The outcome.")
    invoices: int = strawberry.field(description="How many.")


OfOutcome = Annotated[
    ports.RerateOutcome | None, strawberry.argument(description="Only those with this outcome; all without it.")
]


@strawberry.type
class RerateJob:
    """A job that rates billed periods again, each exactly once."""

    id: strawberry.ID = strawberry.field(description="Its id.")
    actor: str = strawberry.field(description="The id of the key that started it; `cli` for a command.")
    reason: str = strawberry.field(description="Why.")
    created_at: datetime = strawberry.field(description="When it was started, by business time.")
    finished_at: datetime | None = strawberry.field(description="When nothing of it was pending any more.")

    @strawberry.field
    async def counts(self, info: Info) -> list[RerateCount]:
        """How far it is: how many invoices came to which outcome; those with none are left out."""
        found = await related(info).rerate_counts.load(self.id)
        return [RerateCount(outcome=each, invoices=number) for each, number in found.items()]

    @strawberry.field
    async def items(
        self,
        info: Info,
        outcome: Annotated[
            ports.RerateOutcome | None, strawberry.argument(description="Only those; all without it.")
        ] = None,
        first: First = page_size_default,
        after: After = None,
    ) -> Connection[RerateItem]:
        """Its invoices, by id."""
        size, begin = check_size(first), ITEMS.after(after)
        last = None if begin is None else begin[0]
        found = await info.context.read(lambda unit: unit.rerating.items(self.id, last, size, outcome))
        return Connection.of(ITEMS.page(found, first, after), RerateItem.from_core)

    @classmethod
    def from_core(cls, job: ports.RerateJob) -> Self:
        """The same job."""
        return cls(
            id=strawberry.ID(job.id),
            actor=job.actor,
            reason=job.reason,
            created_at=job.created_at,
            finished_at=job.finished_at,
        )
