"""Queries for webhooks, those that the gateway sends and those that it received."""

from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.ports.received_webhooks import ReceivedFilter
from gateway.core.received_webhooks import ReceivedStatus
from gateway.core.time import from_microseconds
from gateway.schema.context import Info, asked_by_company
from gateway.schema.types.page import After, Connection, First, check_size, page_size_default
from gateway.schema.types.received_webhook import RECEIVED, ReceivedWebhook
from gateway.schema.types.webhook import ENDPOINTS, WebhookEndpoint

OfStatus = Annotated[ReceivedStatus | None, strawberry.argument(description="Only those in this state.")]
OfConnection = Annotated[str | None, strawberry.argument(description="Only those of this connection.")]


@strawberry.type
class WebhookQueries:
    """Who hears of what happens, and what providers told."""

    @strawberry.field
    async def webhook_endpoints(
        self, info: Info, first: First = page_size_default, after: After = None
    ) -> Connection[WebhookEndpoint]:
        """The endpoints that hear of what happens; only for administrators."""
        found = await asked_by_company(info, Scope.ADMIN).read(lambda unit: unit.webhooks.endpoints())
        return Connection.of(ENDPOINTS.slice(found, first, after), WebhookEndpoint.from_core)

    @strawberry.field
    async def received_webhooks(
        self,
        info: Info,
        connection: OfConnection = None,
        status: OfStatus = None,
        first: First = page_size_default,
        after: After = None,
    ) -> Connection[ReceivedWebhook]:
        """Webhooks that providers sent, newest first; not for customer tokens."""
        context, size, begin = asked_by_company(info, Scope.READ), check_size(first), RECEIVED.after(after)
        place = None if begin is None else (from_microseconds(begin[0]), begin[1], begin[2])
        matching = ReceivedFilter(connection, status)
        found = await context.read(lambda unit: unit.received.page(matching, place, size))
        return Connection.of(RECEIVED.page(found, first, after), ReceivedWebhook.from_core)
