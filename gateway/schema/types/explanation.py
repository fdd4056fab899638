"""Why a line is what it is: counted again from the log, down to its events."""

from decimal import Decimal
from typing import Self

import strawberry

from gateway.core.invoicing import invoice as core
from gateway.core.metering.meter import UncountableReason
from gateway.core.metering.values import value_text
from gateway.core.time import read_zone
from gateway.schema.context import Info
from gateway.schema.scalars import Long
from gateway.schema.threads import hop
from gateway.schema.types.event import UsageEvent
from gateway.schema.types.invoice import Invoice, InvoiceLine
from gateway.schema.types.meter import MeterVersion
from gateway.schema.types.money import shortest
from gateway.schema.types.page import After, Connection, First, Paging, check_size, page_size_default
from gateway.services import explain

EXPLAINED: Paging[explain.ExplainedEvent] = Paging("explained", (int,), lambda each: (each.logged.position,))


@strawberry.type
class LeftOut:
    """How many events the meter could not count, for one reason."""

    reason: UncountableReason = strawberry.field(description="The reason.")
    events: Long = strawberry.field(description="How many.")


@strawberry.type
class ExplainedEvent:
    """An event, and what it contributed."""

    event: UsageEvent = strawberry.field(description="The event.")
    value: str | None = strawberry.field(description="The value that was counted; null for a count of events.")
    reason: UncountableReason | None = strawberry.field(description="Why it was left out; null if it was counted.")

    @classmethod
    def from_core(cls, explained: explain.ExplainedEvent) -> Self:
        """The same event."""
        return cls(
            event=UsageEvent.from_core(explained.logged),
            value=value_text(explained.value),
            reason=explained.reason,
        )


@strawberry.type
class LineExplanation:
    """A line counted again from the log, up to its cut-off and by the definitions it was rated with."""

    invoice: Invoice = strawberry.field(description="The invoice.")
    line: InvoiceLine = strawberry.field(description="The line, with the steps of its amount.")

    @strawberry.field
    async def meter(self, info: Info) -> MeterVersion | None:
        """The meter's version; null for fees and true-ups."""
        version = (await self._replayed(info)).meter_version
        return MeterVersion.from_core(version) if version else None

    @strawberry.field
    async def sentence(self, info: Info) -> str:
        """The whole line in words."""
        return (await self._replayed(info)).sentence

    @strawberry.field
    async def events_counted(self, info: Info) -> Long:
        """How many events make up the quantity."""
        return Long((await self._replayed(info)).events)

    @strawberry.field
    async def left_out(self, info: Info) -> list[LeftOut]:
        """How many events could not be counted, by reason."""
        left_out = (await self._replayed(info)).left_out
        return [LeftOut(reason=reason, events=Long(events)) for reason, events in left_out]

    @strawberry.field
    async def replayed_quantity(self, info: Info) -> Decimal:
        """The quantity as counted now."""
        return shortest((await self._replayed(info)).replayed_quantity)

    @strawberry.field
    async def agrees(self, info: Info) -> bool:
        """Whether counting and rating it now gives the same line."""
        return (await self._replayed(info)).agrees

    @strawberry.field
    async def events(
        self, info: Info, first: First = page_size_default, after: After = None
    ) -> Connection[ExplainedEvent]:
        """The events that were counted, in the order of the log."""
        return await self._events(info, first, after, is_counted=True)

    @strawberry.field
    async def events_left_out(
        self, info: Info, first: First = page_size_default, after: After = None
    ) -> Connection[ExplainedEvent]:
        """The events that could not be counted, in the order of the log."""
        return await self._events(info, first, after, is_counted=False)

    async def _replayed(self, info: Info) -> explain.LineExplanation:
        """The line counted again: once for all fields, and not at all for pages of its events."""
        return await info.context.loaders.explanations.load((self.line.invoice_id, self.line.ordinal))

    async def _events(self, info: Info, first: int, after: str | None, is_counted: bool) -> Connection[ExplainedEvent]:
        size, (position,) = check_size(first), EXPLAINED.after(after) or (0,)
        installation, line = info.context.installation, self.line
        found = await hop(
            lambda: explain.line_events(installation, line.invoice_id, line.ordinal, position, size, is_counted)
        )
        return Connection.of(EXPLAINED.page(found, first, after), ExplainedEvent.from_core)

    @classmethod
    def from_core(cls, invoice: core.Invoice, ordinal: int, time_zone: str) -> Self:
        """The explanation of line `ordinal` of `invoice`, with its days in `time_zone`."""
        line = InvoiceLine.from_core(invoice, ordinal, read_zone(time_zone))
        return cls(invoice=Invoice.from_core(invoice), line=line)
