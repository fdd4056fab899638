"""Mutations of connections to billing systems."""

from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.schema.context import Info, asked_to_change
from gateway.schema.queries.connections import shown_connections
from gateway.schema.types.connection import ProviderConnection
from gateway.schema.types.payload import Payload, attempt
from gateway.services.connection_holds import resume_connection

Name = Annotated[str, strawberry.argument(description="Its name in the configuration.")]


@strawberry.type
class ResumeConnectionPayload(Payload):
    """The connection as it is now."""

    connection: ProviderConnection | None = strawberry.field(description="Null if it was refused.")


@strawberry.type
class ConnectionMutations:
    """What a person does about a billing system."""

    @strawberry.mutation
    async def resume_connection(self, info: Info, name: Name) -> ResumeConnectionPayload:
        """Let a held connection go on; it is held again if its credentials are still refused. Scope: billing."""
        context = asked_to_change(info, Scope.BILLING)
        done = await attempt(lambda: resume_connection(context.installation, name))
        shown = {each.name: each for each in await shown_connections(context)}
        return ResumeConnectionPayload(connection=done.shown(lambda known: shown[known]), user_errors=done.errors)
