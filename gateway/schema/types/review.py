"""Reviews: what waits for a person, and what was decided."""

from datetime import datetime
from typing import Self

import strawberry

from gateway.core.gate import review as core
from gateway.core.time import from_microseconds, microseconds
from gateway.schema.context import Info, related
from gateway.schema.types.audit import AuditEntry
from gateway.schema.types.customer import Customer
from gateway.schema.types.invoice import Invoice
from gateway.schema.types.page import Node, Paging
from gateway.schema.types.provider_difference import ProviderDifference

REVIEWS: Paging[core.Review] = Paging("reviews", (int, str), lambda each: (microseconds(each.opened_at), each.id))


def place_of(cursor: str | None) -> tuple[datetime, str] | None:
    """The place that a cursor names, as storage knows it."""
    place = REVIEWS.after(cursor)
    return None if place is None else (from_microseconds(place[0]), place[1])


@strawberry.type
class Review(Node):
    """What waits for a person: a held invoice with all that holds it, or a difference from a provider."""

    kind: core.ReviewKind = strawberry.field(description="What is looked at.")
    status: core.ReviewStatus = strawberry.field(description="Where it is.")
    opened_at: datetime = strawberry.field(description="Since when it waits, by business time.")
    assignee: str | None = strawberry.field(description="Who is to look at it; null if nobody is.")
    waits_until: datetime | None = strawberry.field(description="When its invoice is drafted again.")
    decision: core.Decision | None = strawberry.field(description="What was decided; null for a difference.")
    decided_by: str | None = strawberry.field(description="The id of the key that decided.")
    resolved_at: datetime | None = strawberry.field(description="When it was resolved, by business time.")
    subject: strawberry.Private[str]
    customer_key: strawberry.Private[str | None]

    @strawberry.field
    async def customer(self, info: Info) -> Customer | None:
        """Whom it concerns; null if we have no document of it."""
        found = await related(info).customers.load(self.customer_key) if self.customer_key else None
        return Customer.from_core(found) if found else None

    @strawberry.field
    async def invoice(self, info: Info) -> Invoice | None:
        """The invoice, with its `holds`; null for a difference."""
        found = await related(info).invoices.load(self.subject) if self.kind is core.ReviewKind.INVOICE else None
        return Invoice.from_core(found) if found else None

    @strawberry.field
    async def provider_difference(self, info: Info) -> ProviderDifference | None:
        """The difference; null for an invoice."""
        is_difference = self.kind is core.ReviewKind.PROVIDER_DIFFERENCE
        found = await related(info).differences.load(self.subject) if is_difference else None
        return ProviderDifference.from_core(found) if found else None

    @strawberry.field
    async def history(self, info: Info) -> list[AuditEntry]:
        """All that was done about it, from the first on."""
        return [AuditEntry.from_core(each) for each in await related(info).audit_of.load(self.id)]

    @classmethod
    def from_core(cls, review: core.Review) -> Self:
        """The same review."""
        return cls(
            id=strawberry.ID(review.id),
            kind=review.kind,
            status=review.status,
            opened_at=review.opened_at,
            assignee=review.assignee,
            waits_until=review.waits_until,
            decision=review.decision,
            decided_by=review.decided_by,
            resolved_at=review.resolved_at,
            subject=review.subject,
            customer_key=review.customer,
        )
