"""Queries for journals that accounting systems are sent."""

from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.books.months import read_month
from gateway.core.circuit import CLOSED
from gateway.core.legal_entity import DEFAULT_ENTITY
from gateway.core.ports.connections import ConnectionUse
from gateway.core.ports.journals import JournalFilter
from gateway.schema.context import Info, asked_by_company
from gateway.schema.queries.books import OfEntity, OfMonth
from gateway.schema.types.journal import JOURNALS, Journal, JournalComparison
from gateway.schema.types.journal_target import JournalTarget
from gateway.schema.types.page import After, Connection, First, check_size, page_size_default

OfAnyMonth = Annotated[str | None, strawberry.argument(description="Only this month, such as 2013-06; all without.")]
OfConnection = Annotated[str | None, strawberry.argument(description="Only those for this accounting system.")]


@strawberry.type
class JournalQueries:
    """Journals; not for customer tokens."""

    @strawberry.field
    async def journal_targets(self, info: Info) -> list[JournalTarget]:
        """The configured connections to accounting systems, by name; not for customer tokens."""
        context = asked_by_company(info, Scope.READ)
        installation = context.installation
        bindings, uses, circuits, holds = await context.read(
            lambda unit: (
                unit.connections.bindings(),
                unit.connections.uses(installation.connection),
                unit.connections.circuits(),
                unit.connections.holds(),
            )
        )
        now, faults = installation.system_clock.now(), installation.faults.known()
        return [
            JournalTarget.from_core(
                each,
                bindings.get(each.connection),
                uses.get(each.connection, ConnectionUse()),
                faults.get(each.connection),
                circuits.get(each.connection, CLOSED),
                holds.get(each.connection),
                now,
            )
            for each in installation.journals
        ]

    @strawberry.field
    async def journals(
        self,
        info: Info,
        month: OfMonth,
        legal_entity: OfEntity = DEFAULT_ENTITY,
        connection: OfConnection = None,
        first: First = page_size_default,
        after: After = None,
    ) -> Connection[Journal]:
        """What accounting systems are sent of a month, oldest first; not for customer tokens."""
        matching = JournalFilter(connection, legal_entity, read_month(month))
        size, begin = check_size(first), JOURNALS.after(after)
        last = None if begin is None else begin[0]
        found = await asked_by_company(info, Scope.READ).read(lambda unit: unit.journals.page(matching, last, size))
        return Connection.of(JOURNALS.page(found, first, after), Journal.from_core)

    @strawberry.field
    async def journal_comparisons(
        self, info: Info, month: OfAnyMonth = None, legal_entity: OfEntity = DEFAULT_ENTITY
    ) -> list[JournalComparison]:
        """What comparing months last found, by month and accounting system; not for customer tokens."""
        asked = None if month is None else read_month(month)
        context = asked_by_company(info, Scope.READ)
        found = await context.read(lambda unit: unit.journals.comparisons(legal_entity, asked))
        return [JournalComparison.from_core(each) for each in found]
