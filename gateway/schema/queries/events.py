"""Queries for events: in the log, belonging to nobody, and kept aside."""

from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.schema.context import Info, asked, asked_by_company
from gateway.schema.queries.customers import OfCustomer
from gateway.schema.threads import hop
from gateway.schema.types.event import (
    EVENTS,
    QUARANTINED,
    UNATTRIBUTED,
    IntakeTotals,
    QuarantinedEvent,
    UnattributedEvent,
    UsageEvent,
)
from gateway.schema.types.page import After, Connection, CountedConnection, First, check_size, page_size_default
from gateway.services.events import customer_events

IncludeReplayed = Annotated[bool, strawberry.argument(description="Also those that were replayed since.")]


@strawberry.type
class EventQueries:
    """What was sent."""

    @strawberry.field
    async def events(
        self, info: Info, customer: OfCustomer = None, first: First = page_size_default, after: After = None
    ) -> Connection[UsageEvent]:
        """The events in the log, in their order."""
        context = asked(info, Scope.READ)
        size, (position,), whose = check_size(first), EVENTS.after(after) or (0,), context.confined(customer)
        found = await hop(lambda: customer_events(context.installation, whose, position, size))
        return Connection.of(EVENTS.page(found, first, after), UsageEvent.from_core)

    @strawberry.field
    async def unattributed_events(
        self, info: Info, customer: OfCustomer = None, first: First = page_size_default, after: After = None
    ) -> CountedConnection[UnattributedEvent]:
        """The events that no subscription covers, in the order of the log: stored, shown, billed to nobody."""
        context = asked(info, Scope.READ)
        size, (position,), whose = check_size(first), UNATTRIBUTED.after(after) or (0,), context.confined(customer)
        await hop(context.projector.bring_up)
        found = await context.read(lambda unit: unit.live.unattributed(position, size, whose))

        async def count() -> int:
            return await context.read(lambda unit: unit.live.unattributed_count(whose))

        return CountedConnection.of(UNATTRIBUTED.page(found, first, after), UnattributedEvent.from_core, count=count)

    @strawberry.field
    async def quarantined_events(
        self,
        info: Info,
        include_replayed: IncludeReplayed = False,
        first: First = page_size_default,
        after: After = None,
    ) -> Connection[QuarantinedEvent]:
        """The events that could not be taken yet; not for customer tokens."""
        context = asked_by_company(info, Scope.READ)
        size, (begin,) = check_size(first), QUARANTINED.after(after) or (None,)
        found = await context.read(lambda unit: unit.log.quarantined(begin, size, not include_replayed))
        return Connection.of(QUARANTINED.page(found, first, after), QuarantinedEvent.from_core)

    @strawberry.field
    async def intake(self, info: Info) -> IntakeTotals:
        """How events ended that were sent; not for customer tokens."""
        context = asked_by_company(info, Scope.READ)
        counts, waiting = await context.read(lambda unit: (unit.log.intake(), unit.log.quarantined_count()))
        return IntakeTotals.from_core(counts, waiting)
