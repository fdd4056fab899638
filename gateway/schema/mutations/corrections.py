"""Mutations that correct events."""

from datetime import datetime
from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.schema.context import Info, asked_to_change
from gateway.schema.mutations.events import EventPropertyInput
from gateway.schema.scalars import Long
from gateway.schema.types.payload import Payload, attempt
from gateway.services.correct_event import CorrectionRequest, amend_event, void_event

Source = Annotated[str, strawberry.argument(description="Who sent the event.")]
EventId = Annotated[str, strawberry.argument(name="id", description="The sender's id of the event.")]
Reason = Annotated[str, strawberry.argument(description="Why; kept for ever.")]
IdempotencyKey = Annotated[str, strawberry.argument(description="The same key gives the same answer, for ever.")]
Properties = Annotated[
    list[EventPropertyInput], strawberry.argument(description="All that the event tells from now on.")
]
OccurredAt = Annotated[
    datetime | None, strawberry.argument(description="When it happened; by default when it did before.")
]


@strawberry.type
class CorrectEventPayload(Payload):
    """Where the correction stands in the log."""

    position: Long | None = strawberry.field(
        description="Counts up to here or later honour it, earlier ones do not; null if it was refused."
    )


@strawberry.type
class CorrectionMutations:
    """Correcting events that were recorded."""

    @strawberry.mutation
    async def void_event(
        self, info: Info, source: Source, event_id: EventId, reason: Reason, idempotency_key: IdempotencyKey
    ) -> CorrectEventPayload:
        """Let an event no longer count. Invoices made before keep what they counted. Scope: billing."""
        context = asked_to_change(info, Scope.BILLING)
        request = CorrectionRequest(source, event_id, reason, context.caller.id, idempotency_key)
        done = await attempt(lambda: void_event(context.installation, request))
        return CorrectEventPayload(position=_position(done.value), user_errors=done.errors)

    @strawberry.mutation
    async def amend_event(
        self,
        info: Info,
        source: Source,
        event_id: EventId,
        properties: Properties,
        reason: Reason,
        idempotency_key: IdempotencyKey,
        occurred_at: OccurredAt = None,
    ) -> CorrectEventPayload:
        """Let an event count with other properties or at another time from now on. Scope: billing."""
        context = asked_to_change(info, Scope.BILLING)
        request = CorrectionRequest(source, event_id, reason, context.caller.id, idempotency_key)

        def amend() -> int:
            values = {each.name: each.to_json() for each in properties}
            return amend_event(context.installation, request, values, occurred_at)

        done = await attempt(amend)
        return CorrectEventPayload(position=_position(done.value), user_errors=done.errors)


def _position(found: int | None) -> Long | None:
    return None if found is None else Long(found)
