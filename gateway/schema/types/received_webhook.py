"""Webhooks that providers sent."""

from datetime import datetime
from typing import Self

import strawberry

from gateway.core import received_webhooks as core
from gateway.core.time import microseconds
from gateway.schema.types.page import Paging

RECEIVED: Paging[core.ReceivedWebhook] = Paging(
    "received webhooks",
    (int, str, str),
    lambda each: (microseconds(each.received_at), each.connection, each.event_id),
)


@strawberry.type
class ReceivedWebhook:
    """A webhook that was proven to come from a provider. It is a hint: what it is about is fetched before it counts."""

    connection: str = strawberry.field(description="The connection whose provider sent it.")
    event_id: strawberry.ID = strawberry.field(description="The provider's id, by which a repeat is known.")
    type: str = strawberry.field(description="The provider's word for what happened.")
    ref: str = strawberry.field(description="What the provider calls the document that it is about.")
    received_at: datetime = strawberry.field(description="When it came.")
    status: core.ReceivedStatus = strawberry.field(description="What became of it.")
    attempts: int = strawberry.field(description="How often the provider was asked since it was last begun.")
    due_at: datetime | None = strawberry.field(description="When the provider is asked next.")
    reason: str | None = strawberry.field(description="Why it waits, is parked or was ignored.")

    @classmethod
    def from_core(cls, webhook: core.ReceivedWebhook) -> Self:
        """The same webhook."""
        return cls(
            connection=webhook.connection,
            event_id=strawberry.ID(webhook.event_id),
            type=webhook.type,
            ref=webhook.ref,
            received_at=webhook.received_at,
            status=webhook.status,
            attempts=webhook.attempts,
            due_at=webhook.due_at,
            reason=webhook.reason,
        )
