"""Mutations that post, undo and compare journals."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.legal_entity import DEFAULT_ENTITY
from gateway.core.ports.storage import UnitOfWork
from gateway.schema.context import GatewayContext, Info, asked_to_change
from gateway.schema.mutations.billing import IdempotencyKey
from gateway.schema.mutations.books import OfEntity, OfMonth
from gateway.schema.types.journal import Journal
from gateway.schema.types.payload import Payload, attempt
from gateway.services.compare_journals import request_comparison
from gateway.services.post_journals import post_within, reverse_within
from gateway.services.remember import once

OfJournal = Annotated[strawberry.ID, strawberry.argument(name="id", description="The journal.")]
OnDay = Annotated[
    date | None, strawberry.argument(name="day", description="The day to undo it on there; its own without one.")
]


@strawberry.type
class JournalsPayload(Payload):
    """The journals that were made: none where there was nothing to post, or it was refused."""

    journals: list[Journal] = strawberry.field(description="The new journals.")


@strawberry.type
class ComparisonsPayload(Payload):
    """The accounting systems that are asked; `journalComparisons` has what is found."""

    connections: list[str] = strawberry.field(description="Their names; none if it was refused.")


@strawberry.type
class JournalMutations:
    """Journals that accounting systems are sent."""

    @strawberry.mutation
    async def post_journals(
        self, info: Info, month: OfMonth, idempotency_key: IdempotencyKey, legal_entity: OfEntity = DEFAULT_ENTITY
    ) -> JournalsPayload:
        """Let accounting systems be sent what they have not of a month that has ended. Scope: finance."""
        context = asked_to_change(info, Scope.FINANCE)
        asked = {"request": "post journals", "legal_entity": legal_entity, "month": month}

        def post(unit: UnitOfWork) -> str:
            made = post_within(unit, context.installation, legal_entity, month)
            return json.dumps([journal.id for journal in made])

        return await _made(context, idempotency_key, asked, post)

    @strawberry.mutation
    async def reverse_journal(
        self,
        info: Info,
        journal_id: OfJournal,
        idempotency_key: IdempotencyKey,
        day: OnDay = None,
    ) -> JournalsPayload:
        """Undo a journal at its accounting system; what it summed can be posted again. Scope: finance."""
        context = asked_to_change(info, Scope.FINANCE)
        asked = {"request": "reverse journal", "id": journal_id, "day": day and day.isoformat()}

        def reverse(unit: UnitOfWork) -> str:
            return json.dumps([reverse_within(unit, context.installation, journal_id, day).id])

        return await _made(context, idempotency_key, asked, reverse)

    @strawberry.mutation
    async def compare_journals(
        self, info: Info, month: OfMonth, legal_entity: OfEntity = DEFAULT_ENTITY
    ) -> ComparisonsPayload:
        """Ask accounting systems what they hold of a month, which takes a while. Scope: finance."""
        installation = asked_to_change(info, Scope.FINANCE).installation
        done = await attempt(lambda: request_comparison(installation, legal_entity, month))
        return ComparisonsPayload(connections=done.value or [], user_errors=done.errors)


async def _made(
    context: GatewayContext, key: str, asked: Mapping[str, object], work: Callable[[UnitOfWork], str]
) -> JournalsPayload:
    done = await attempt(lambda: once(context.installation, context.caller.id, key, asked, work))
    ids: list[str] = json.loads(done.value) if done.value else []
    found = await context.read(lambda unit: unit.journals.by_ids(ids))
    return JournalsPayload(journals=[Journal.from_core(found[each]) for each in ids], user_errors=done.errors)
