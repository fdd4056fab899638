"""Webhooks that the gateway sends: endpoints, and messages on their way to them."""

from datetime import datetime
from typing import Annotated, Self

import strawberry

from gateway.core import webhooks as core
from gateway.core.access import Scope
from gateway.core.ports.webhooks import SendingFilter
from gateway.core.time import from_microseconds, microseconds
from gateway.schema.context import Info, asked_by_company
from gateway.schema.types.page import After, Connection, First, Node, Paging, check_size, page_size_default

Sent = tuple[core.WebhookSending, core.WebhookMessage]

ENDPOINTS: Paging[core.WebhookEndpoint] = Paging("webhook endpoints", (str,), lambda each: (each.id,))
SENDINGS: Paging[Sent] = Paging(
    "webhook sendings",
    (int, str, str),
    lambda sent: (microseconds(sent[0].occurred_at), sent[0].message_id, sent[0].endpoint_id),
)
OfStatus = Annotated[core.SendingStatus | None, strawberry.argument(description="Only those in this state.")]


@strawberry.type
class WebhookSending:
    """A message on its way to an endpoint."""

    message_id: strawberry.ID = strawberry.field(description="The message's id, which goes out as `webhook-id`.")
    event: core.WebhookEvent = strawberry.field(description="What it announces.")
    occurred_at: datetime = strawberry.field(description="When that happened, by the clock of the system.")
    body: str = strawberry.field(description="The JSON text that is sent and signed.")
    status: core.SendingStatus = strawberry.field(description="Where it is on its way.")
    attempts: int = strawberry.field(description="How often it was sent since it was last begun.")
    due_at: datetime | None = strawberry.field(description="When it is sent next.")
    status_code: int | None = strawberry.field(description="What the endpoint answered last.")
    failure: str | None = strawberry.field(description="Why there was no answer, if there was none.")
    settled_at: datetime | None = strawberry.field(description="When it was taken, or failed for good.")

    @classmethod
    def from_core(cls, sent: Sent) -> Self:
        """The same sending with its message."""
        sending, message = sent
        return cls(
            message_id=strawberry.ID(message.id),
            event=message.event,
            occurred_at=message.occurred_at,
            body=message.body,
            status=sending.status,
            attempts=sending.attempts,
            due_at=sending.due_at,
            status_code=sending.status_code,
            failure=sending.failure,
            settled_at=sending.settled_at,
        )


@strawberry.type
class WebhookEndpoint(Node):
    """An address of the company's that hears of what happens. Its secret is shown once, when it is made."""

    url: str = strawberry.field(description="Where messages are posted; `plugin:NAME` for what a plugin observes.")
    events: list[core.WebhookEvent] = strawberry.field(description="What it hears of; everything if this is empty.")
    description: str = strawberry.field(description="What it is for.")
    created_at: datetime = strawberry.field(description="When it was added.")
    is_enabled: bool = strawberry.field(description="Whether it is sent to.")
    failing_since: datetime | None = strawberry.field(description="Since when it has taken nothing.")
    disabled_at: datetime | None = strawberry.field(description="When sending to it was stopped.")
    disabled_reason: str | None = strawberry.field(description="Why sending to it was stopped.")

    @strawberry.field
    async def sendings(
        self, info: Info, status: OfStatus = None, first: First = page_size_default, after: After = None
    ) -> Connection[WebhookSending]:
        """The messages on their way to it and those of the last 30 days, newest first."""
        context, size, begin = asked_by_company(info, Scope.ADMIN), check_size(first), SENDINGS.after(after)
        place = None if begin is None else (from_microseconds(begin[0]), begin[1], begin[2])
        matching = SendingFilter(self.id, status)
        found = await context.read(lambda unit: unit.webhooks.sendings(matching, place, size))
        return Connection.of(SENDINGS.page(found, first, after), WebhookSending.from_core)

    @classmethod
    def from_core(cls, endpoint: core.WebhookEndpoint) -> Self:
        """The same endpoint, without its secrets."""
        return cls(
            id=strawberry.ID(endpoint.id),
            url=endpoint.url,
            events=sorted(endpoint.events),
            description=endpoint.description,
            created_at=endpoint.created_at,
            is_enabled=endpoint.disabled_at is None,
            failing_since=endpoint.failing_since,
            disabled_at=endpoint.disabled_at,
            disabled_reason=endpoint.disabled_reason,
        )
