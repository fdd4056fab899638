"""Mutations of connections to billing systems, and of where what they hold differs from ours."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.provider_differences import DifferenceAnswer
from gateway.schema.context import Info, asked_to_change
from gateway.schema.mutations.billing import IdempotencyKey
from gateway.schema.queries.connections import shown_connections
from gateway.schema.types.connection import ProviderConnection
from gateway.schema.types.payload import Payload, attempt
from gateway.schema.types.provider_difference import ProviderDifference
from gateway.services.answer_difference import answer_difference
from gateway.services.connection_holds import resume_connection
from gateway.services.installation import Installation
from gateway.services.reconcile_provider import request_reconciliation

Name = Annotated[str, strawberry.argument(description="Its name in the configuration.")]
Since = Annotated[
    datetime | None, strawberry.argument(description="Compare what was delivered since; the last 90 days without it.")
]
DifferenceId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The difference's id.")]
Answer = Annotated[DifferenceAnswer, strawberry.argument(description="What is to become of it.")]
Note = Annotated[str, strawberry.argument(description="Why; kept with the difference.")]


@strawberry.type
class ConnectionPayload(Payload):
    """The connection as it is now."""

    connection: ProviderConnection | None = strawberry.field(
        description="Null if it was refused, or is one to an accounting system; see `journalTargets`."
    )


@strawberry.type
class AnswerProviderDifferencePayload(Payload):
    """The difference as it is now."""

    provider_difference: ProviderDifference | None = strawberry.field(description="Null if it was refused.")


@strawberry.type
class ConnectionMutations:
    """What a person does about a billing system."""

    @strawberry.mutation
    async def resume_connection(self, info: Info, name: Name) -> ConnectionPayload:
        """Let a held connection go on; it is held again if its credentials are still refused. Scope: billing."""
        return await _changed(info, lambda installation: resume_connection(installation, name))

    @strawberry.mutation
    async def reconcile_provider(self, info: Info, name: Name, since: Since = None) -> ConnectionPayload:
        """Have a connection's worker compare our documents with what its provider holds, at once. Scope: billing."""
        return await _changed(info, lambda installation: request_reconciliation(installation, name, since))

    @strawberry.mutation
    async def answer_provider_difference(
        self, info: Info, difference_id: DifferenceId, answer: Answer, note: Note, idempotency_key: IdempotencyKey
    ) -> AnswerProviderDifferencePayload:
        """Say what is to become of an open difference; what waits for it goes on. Scope: finance."""
        context = asked_to_change(info, Scope.FINANCE)
        installation, actor = context.installation, context.caller.id
        done = await attempt(
            lambda: answer_difference(installation, difference_id, answer, actor, note, idempotency_key)
        )
        context.forget()
        found = await context.loaders.differences.load(done.value) if done.value else None
        shown = ProviderDifference.from_core(found) if found else None
        return AnswerProviderDifferencePayload(provider_difference=shown, user_errors=done.errors)


async def _changed(info: Info, change: Callable[[Installation], str]) -> ConnectionPayload:
    context = asked_to_change(info, Scope.BILLING)
    done = await attempt(lambda: change(context.installation))
    shown = {each.name: each for each in await shown_connections(context)}
    return ConnectionPayload(connection=done.shown(shown.get), user_errors=done.errors)
