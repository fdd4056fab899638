"""Queries for who asks, for keys, for the gateway itself, and for anything by its id."""

from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.schema.context import Info, asked, asked_by_company
from gateway.schema.nodes import find_node
from gateway.schema.scalars import Long
from gateway.schema.types.gateway import GatewayState
from gateway.schema.types.key import KEYS, ApiKey, Viewer
from gateway.schema.types.page import After, Connection, First, Node, check_size, page_size_default

NodeId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The id.")]


@strawberry.type
class GatewayQueries:
    """Who asks, and where things stand."""

    @strawberry.field
    def viewer(self, info: Info) -> Viewer:
        """Who asks; the one field that needs no scope."""
        return Viewer.from_core(info.context.caller)

    @strawberry.field
    async def node(self, info: Info, node_id: NodeId) -> Node | None:
        """Anything by its id; null if there is nothing, or nothing that the caller may see."""
        return await find_node(asked(info, Scope.READ), node_id)

    @strawberry.field
    async def gateway(self, info: Info) -> GatewayState:
        """Where the gateway stands; not for customer tokens."""
        context = asked_by_company(info, Scope.READ)
        head, projected = await context.read(lambda unit: (unit.log.head(), unit.live.position()))
        return GatewayState(
            log_position=Long(head),
            projection_position=Long(projected),
            is_current=projected >= head,
            business_time=context.installation.business_clock.now(),
            system_time=context.installation.system_clock.now(),
            connection=context.installation.connection,
        )

    @strawberry.field
    async def api_keys(self, info: Info, first: First = page_size_default, after: After = None) -> Connection[ApiKey]:
        """The API keys; only for administrators."""
        context = asked_by_company(info, Scope.ADMIN)
        size, (begin,) = check_size(first), KEYS.after(after) or (None,)
        found = await context.read(lambda unit: unit.access.keys(begin, size))
        return Connection.of(KEYS.page(found, first, after), ApiKey.from_core)
