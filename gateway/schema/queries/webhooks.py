"""Queries for webhooks that the gateway sends."""

import strawberry

from gateway.core.access import Scope
from gateway.schema.context import Info, asked_by_company
from gateway.schema.types.page import After, Connection, First, page_size_default
from gateway.schema.types.webhook import ENDPOINTS, WebhookEndpoint


@strawberry.type
class WebhookQueries:
    """Who hears of what happens."""

    @strawberry.field
    async def webhook_endpoints(
        self, info: Info, first: First = page_size_default, after: After = None
    ) -> Connection[WebhookEndpoint]:
        """The endpoints that hear of what happens; only for administrators."""
        found = await asked_by_company(info, Scope.ADMIN).read(lambda unit: unit.webhooks.endpoints())
        return Connection.of(ENDPOINTS.slice(found, first, after), WebhookEndpoint.from_core)
