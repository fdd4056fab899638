"""Mutations of webhooks, those that the gateway sends and those that it received."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import strawberry

from gateway.core import webhooks as core
from gateway.core.access import Scope
from gateway.schema.context import Info, asked_to_change
from gateway.schema.types.payload import Payload, attempt
from gateway.schema.types.received_webhook import ReceivedWebhook
from gateway.schema.types.webhook import WebhookEndpoint
from gateway.services.installation import Installation
from gateway.services.receive_webhook import retry_webhook
from gateway.services.webhook_endpoints import (
    add_endpoint,
    change_endpoint,
    disable_endpoint,
    enable_endpoint,
    previous_secret_hours_max,
    redeliver,
    redeliver_since,
    remove_endpoint,
    rotate_secret,
)

EndpointId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The endpoint's id.")]
Url = Annotated[str, strawberry.argument(description="Where to post messages, such as https://example.com/webhooks.")]
NewUrl = Annotated[str | None, strawberry.argument(description="Another address; null leaves it.")]
Events = Annotated[
    list[core.WebhookEvent] | None, strawberry.argument(description="What it hears of; everything if this is empty.")
]
NewEvents = Annotated[
    list[core.WebhookEvent] | None, strawberry.argument(description="What it hears of; null leaves it.")
]
Description = Annotated[str, strawberry.argument(description="What it is for.")]
NewDescription = Annotated[str | None, strawberry.argument(description="What it is for; null leaves it.")]
Hours = Annotated[
    int,
    strawberry.argument(
        description=f"For how long the secret before signs beside the new one: 0 to {previous_secret_hours_max} hours."
    ),
]
Reason = Annotated[str, strawberry.argument(description="Why, for those who wonder later.")]
MessageId = Annotated[strawberry.ID, strawberry.argument(description="The message's id.")]
Since = Annotated[datetime, strawberry.argument(description="What happened at or after this instant.")]

OfConnection = Annotated[str, strawberry.argument(description="The connection whose provider sent it.")]
EventId = Annotated[strawberry.ID, strawberry.argument(description="The provider's id of it.")]


@strawberry.type
class WebhookEndpointPayload(Payload):
    """The endpoint as it is now."""

    webhook_endpoint: WebhookEndpoint | None = strawberry.field(description="Null if it was refused.")


@strawberry.type
class WebhookSecretPayload(Payload):
    """The endpoint with a secret that is new."""

    webhook_endpoint: WebhookEndpoint | None = strawberry.field(description="Null if it was refused.")
    secret: str | None = strawberry.field(
        description="What messages are signed with. It cannot be shown again: keep it."
    )


@strawberry.type
class RemoveWebhookEndpointPayload(Payload):
    """Whether it was removed."""

    removed_id: strawberry.ID | None = strawberry.field(description="The endpoint's id; null if it was refused.")


@strawberry.type
class RedeliverWebhooksPayload(Payload):
    """What is sent again."""

    messages: int | None = strawberry.field(description="How many messages are on their way; null if it was refused.")


@strawberry.type
class RetryReceivedWebhookPayload(Payload):
    """The webhook as it is now."""

    received_webhook: ReceivedWebhook | None = strawberry.field(description="Null if it was refused.")


@strawberry.type
class WebhookMutations:
    """Who hears of what happens."""

    @strawberry.mutation
    async def create_webhook_endpoint(
        self, info: Info, url: Url, events: Events = None, description: Description = ""
    ) -> WebhookSecretPayload:
        """Add an endpoint. Scope: admin."""
        return await _with_secret(info, lambda installation: add_endpoint(installation, url, events or (), description))

    @strawberry.mutation
    async def update_webhook_endpoint(
        self,
        info: Info,
        endpoint_id: EndpointId,
        url: NewUrl = None,
        events: NewEvents = None,
        description: NewDescription = None,
    ) -> WebhookEndpointPayload:
        """Change where an endpoint is, what it hears of, or what it is for. Scope: admin."""
        return await _changed(
            info, lambda installation: change_endpoint(installation, endpoint_id, url, events, description)
        )

    @strawberry.mutation
    async def rotate_webhook_secret(
        self, info: Info, endpoint_id: EndpointId, previous_valid_hours: Hours = 24
    ) -> WebhookSecretPayload:
        """Give an endpoint another secret; for a while messages are signed with both. Scope: admin."""
        return await _with_secret(
            info, lambda installation: rotate_secret(installation, endpoint_id, previous_valid_hours)
        )

    @strawberry.mutation
    async def enable_webhook_endpoint(self, info: Info, endpoint_id: EndpointId) -> WebhookEndpointPayload:
        """Send to an endpoint again; what was on its way goes on. Scope: admin."""
        return await _changed(info, lambda installation: enable_endpoint(installation, endpoint_id))

    @strawberry.mutation
    async def disable_webhook_endpoint(
        self, info: Info, endpoint_id: EndpointId, reason: Reason
    ) -> WebhookEndpointPayload:
        """Send nothing to an endpoint until it is enabled. Scope: admin."""
        return await _changed(info, lambda installation: disable_endpoint(installation, endpoint_id, reason))

    @strawberry.mutation
    async def remove_webhook_endpoint(self, info: Info, endpoint_id: EndpointId) -> RemoveWebhookEndpointPayload:
        """Remove an endpoint with everything that is on its way to it. Scope: admin."""
        installation = asked_to_change(info, Scope.ADMIN).installation
        done = await attempt(lambda: remove_endpoint(installation, endpoint_id))
        return RemoveWebhookEndpointPayload(
            removed_id=None if done.errors else strawberry.ID(endpoint_id), user_errors=done.errors
        )

    @strawberry.mutation
    async def redeliver_webhook(
        self, info: Info, endpoint_id: EndpointId, message_id: MessageId
    ) -> RedeliverWebhooksPayload:
        """Send one message to an endpoint again. Scope: admin."""
        installation = asked_to_change(info, Scope.ADMIN).installation
        done = await attempt(lambda: redeliver(installation, message_id, endpoint_id))
        return RedeliverWebhooksPayload(messages=done.shown(lambda _: 1), user_errors=done.errors)

    @strawberry.mutation
    async def redeliver_missed_webhooks(
        self, info: Info, endpoint_id: EndpointId, since: Since
    ) -> RedeliverWebhooksPayload:
        """Send to an endpoint what it has not taken since an instant, also while it was disabled. Scope: admin."""
        installation = asked_to_change(info, Scope.ADMIN).installation
        done = await attempt(lambda: redeliver_since(installation, endpoint_id, since))
        return RedeliverWebhooksPayload(messages=done.value, user_errors=done.errors)

    @strawberry.mutation
    async def retry_received_webhook(
        self, info: Info, connection: OfConnection, event_id: EventId
    ) -> RetryReceivedWebhookPayload:
        """Have a parked webhook of a provider looked into again. Scope: billing."""
        installation = asked_to_change(info, Scope.BILLING).installation
        done = await attempt(lambda: retry_webhook(installation, connection, event_id))
        return RetryReceivedWebhookPayload(
            received_webhook=done.shown(ReceivedWebhook.from_core), user_errors=done.errors
        )


async def _changed(info: Info, change: Callable[[Installation], core.WebhookEndpoint]) -> WebhookEndpointPayload:
    installation = asked_to_change(info, Scope.ADMIN).installation
    done = await attempt(lambda: change(installation))
    return WebhookEndpointPayload(webhook_endpoint=done.shown(WebhookEndpoint.from_core), user_errors=done.errors)


async def _with_secret(
    info: Info, change: Callable[[Installation], tuple[core.WebhookEndpoint, str]]
) -> WebhookSecretPayload:
    installation = asked_to_change(info, Scope.ADMIN).installation
    done = await attempt(lambda: change(installation))
    return WebhookSecretPayload(
        webhook_endpoint=done.shown(lambda made: WebhookEndpoint.from_core(made[0])),
        secret=done.shown(lambda made: made[1]),
        user_errors=done.errors,
    )
