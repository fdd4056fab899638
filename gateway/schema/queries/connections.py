"""Queries for connections to billing systems."""

import strawberry

from gateway.core.access import Scope
from gateway.core.circuit import CLOSED
from gateway.schema.context import GatewayContext, Info, asked_by_company
from gateway.schema.types.connection import ProviderConnection


@strawberry.type
class ConnectionQueries:
    """How billing systems are getting on."""

    @strawberry.field
    async def connections(self, info: Info) -> list[ProviderConnection]:
        """The configured connections to billing systems, by name; not for customer tokens."""
        return await shown_connections(asked_by_company(info, Scope.READ))


async def shown_connections(context: GatewayContext) -> list[ProviderConnection]:
    """The configured connections as they are now."""
    installation = context.installation
    circuits, holds = await context.read(lambda unit: (unit.connections.circuits(), unit.connections.holds()))
    now = installation.system_clock.now()
    return [
        ProviderConnection.from_core(
            each, installation.connection, circuits.get(each.connection, CLOSED), holds.get(each.connection), now
        )
        for each in installation.connections
    ]
