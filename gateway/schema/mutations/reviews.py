"""Mutations of reviews: who looks at it, what is said of it, and what is decided."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.gate.review import Decision
from gateway.core.time import utc
from gateway.schema.context import GatewayContext, Info, asked_to_change
from gateway.schema.mutations.billing import IdempotencyKey
from gateway.schema.types.payload import Payload, attempt
from gateway.schema.types.review import Review
from gateway.services.resolve_review import resolve_review
from gateway.services.review import assign_review, comment_review

ReviewId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The review's id.")]
Assignee = Annotated[
    str | None, strawberry.argument(description="Who: the id of a key, or a name; nobody any more without it.")
]
Comment = Annotated[str, strawberry.argument(description="What is to be said; kept for ever.")]
Decided = Annotated[Decision, strawberry.argument(description="What is to become of the invoice.")]
Reason = Annotated[str, strawberry.argument(description="Why; kept for ever.")]
Until = Annotated[
    datetime | None, strawberry.argument(description="With WAIT: when it is drafted again, in business time.")
]


@strawberry.type
class ReviewPayload(Payload):
    """The review as it is now."""

    review: Review | None = strawberry.field(description="Null if it was refused.")


@strawberry.type
class ReviewMutations:
    """What is done about what waits for a person."""

    @strawberry.mutation
    async def assign_review(
        self, info: Info, review_id: ReviewId, idempotency_key: IdempotencyKey, assignee: Assignee = None
    ) -> ReviewPayload:
        """Say who is to look at a review. Scope: finance."""
        context = asked_to_change(info, Scope.FINANCE)
        installation, actor = context.installation, context.caller.id
        return await _changed(context, lambda: assign_review(installation, review_id, assignee, actor, idempotency_key))

    @strawberry.mutation
    async def comment_review(
        self, info: Info, review_id: ReviewId, text: Comment, idempotency_key: IdempotencyKey
    ) -> ReviewPayload:
        """Add to the history of a review. Scope: finance."""
        context = asked_to_change(info, Scope.FINANCE)
        installation, actor = context.installation, context.caller.id
        return await _changed(context, lambda: comment_review(installation, review_id, text, actor, idempotency_key))

    @strawberry.mutation
    async def resolve_review(
        self,
        info: Info,
        review_id: ReviewId,
        decision: Decided,
        reason: Reason,
        idempotency_key: IdempotencyKey,
        until: Until = None,
    ) -> ReviewPayload:
        """Decide about a held invoice. A difference is answered by `answerProviderDifference`. Scope: finance."""
        context = asked_to_change(info, Scope.FINANCE)
        installation, actor = context.installation, context.caller.id
        return await _changed(
            context,
            lambda: resolve_review(
                installation, review_id, decision, actor, reason, idempotency_key, until and utc(until)
            ),
        )


async def _changed(context: GatewayContext, change: Callable[[], str]) -> ReviewPayload:
    done = await attempt(change)
    context.forget()
    found = await context.loaders.reviews.load(done.value) if done.value else None
    return ReviewPayload(review=Review.from_core(found) if found else None, user_errors=done.errors)
