"""The queue of reviews."""

from dataclasses import asdict
from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.gate.review import ReviewKind, ReviewStatus
from gateway.core.ports.reviews import ReviewFilter as CoreReviewFilter
from gateway.schema.context import Info, asked_by_company
from gateway.schema.types.page import After, CountedConnection, First, check_size, page_size_default
from gateway.schema.types.review import REVIEWS, Review, place_of


@strawberry.input
class ReviewFilter:
    """Which reviews to list; what is left out, or null, takes all."""

    status: ReviewStatus | None = strawberry.field(default=None, description="In this state.")
    kind: ReviewKind | None = strawberry.field(default=None, description="Of this kind.")
    assignee: str | None = strawberry.field(default=None, description="That this person is to look at.")
    customer: str | None = strawberry.field(default=None, description="Of the customer with this key.")
    subject: strawberry.ID | None = strawberry.field(default=None, description="Of this invoice or difference.")

    def to_core(self) -> CoreReviewFilter:
        """The same filter."""
        return CoreReviewFilter(**asdict(self))


Matching = Annotated[
    ReviewFilter | None, strawberry.argument(name="filter", description="Which reviews; all without it.")
]


@strawberry.type
class ReviewQueries:
    """What waits for a person."""

    @strawberry.field
    async def reviews(
        self, info: Info, matching: Matching = None, first: First = page_size_default, after: After = None
    ) -> CountedConnection[Review]:
        """What waits, or waited, for a person: held invoices and differences from providers, in the order in which
        they came; not for customer tokens.
        """
        context = asked_by_company(info, Scope.READ)
        asked = matching.to_core() if matching else CoreReviewFilter()
        size, begin = check_size(first), place_of(after)
        found = await context.read(lambda unit: unit.reviews.page(asked, begin, size))

        async def count() -> int:
            return await context.read(lambda unit: unit.reviews.count(asked))

        return CountedConnection.of(REVIEWS.page(found, first, after), Review.from_core, count=count)
