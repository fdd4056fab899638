"""The log read back as core values, for the recount, for explanations and for people who look at events."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from gateway.core.events import LoggedEvent
from gateway.core.ports.event_log import EventBlock
from gateway.core.ports.storage import UnitOfWork
from gateway.services.recent_events import RecordedRun
from gateway.wire.events import WireEvent, WireFormat, stored_events
from gateway.wire.payload import to_usage_event

positions_per_read = 1_000


@dataclass(frozen=True, slots=True)
class LogSpan:
    """Which events to read: positions in `(after, up_to]` that occurred in `[occurred_from, occurred_before)`."""

    after: int
    up_to: int
    occurred_from: datetime | None = None
    occurred_before: datetime | None = None

    def holds(self, position: int, occurred_at: datetime) -> bool:
        """Whether an event is within."""
        return (
            self.after < position <= self.up_to
            and (self.occurred_from is None or self.occurred_from <= occurred_at)
            and (self.occurred_before is None or occurred_at < self.occurred_before)
        )


def all_events(unit: UnitOfWork, span: LogSpan) -> Iterator[LoggedEvent]:
    """The events of the log in a span, in order, as they were recorded: those that were corrected later among them."""
    yield from _streamed(unit, span, None, frozenset())


def _streamed(
    unit: UnitOfWork, span: LogSpan, customers: Collection[str] | None, corrected: Collection[int]
) -> Iterator[LoggedEvent]:
    for block in unit.log.blocks(span.after, span.up_to, span.occurred_from, span.occurred_before):
        for position, event in _kept(block):
            is_of_these = customers is None or event.customer in customers
            if is_of_these and position not in corrected and span.holds(position, event.occurred_at):
                yield _logged(position, event, block)


def logged_events_among(unit: UnitOfWork, customers: Collection[str], span: LogSpan) -> Iterator[LoggedEvent]:
    """The events of some customers in a span, in order, as the log itself has them: no index is asked.

    Without those that a correction up to the end of the span voids or replaces.
    """
    yield from _streamed(unit, span, frozenset(customers), corrected_positions(unit, span.up_to, customers))


def logged_events_of(
    unit: UnitOfWork, customer: str, span: LogSpan, has_corrected: bool = False
) -> Iterator[LoggedEvent]:
    """The events of one customer in a span, in order; with `has_corrected` those that were voided or replaced too.

    Found by the customer's index as far as the projection has come; what is newer is looked for in the log itself.
    """
    corrected = frozenset[int]() if has_corrected else corrected_positions(unit, span.up_to, [customer])
    indexed = min(span.up_to, unit.live.position())
    if span.after < indexed:
        for position, event, block in _indexed(
            unit, customer, LogSpan(span.after, indexed, span.occurred_from, span.occurred_before), corrected
        ):
            yield _logged(position, event, block)
    if indexed < span.up_to:
        newer = LogSpan(max(span.after, indexed), span.up_to, span.occurred_from, span.occurred_before)
        yield from _streamed(unit, newer, frozenset({customer}), corrected)


def recorded_runs_of(unit: UnitOfWork, customer: str, span: LogSpan) -> Iterator[RecordedRun]:
    """The events of one customer in a span as they were sent, in order, by the customer's index.

    Without those that a correction up to the end of the span voids or replaces.
    """
    for position, event, block in _indexed(unit, customer, span, corrected_positions(unit, span.up_to, [customer])):
        yield RecordedRun(position, block.recorded_at, [event])


def corrected_positions(unit: UnitOfWork, up_to: int, customers: Collection[str]) -> frozenset[int]:
    """The positions of the events of these customers that corrections up to a position void or replace."""
    return frozenset(each.corrects for each in unit.log.corrections(0, up_to, sorted(customers)))


def _indexed(
    unit: UnitOfWork, customer: str, span: LogSpan, corrected: Collection[int]
) -> Iterator[tuple[int, WireEvent, EventBlock]]:
    """The events that the customer's index finds in a span, with the blocks that hold them."""
    ahead = unit.live.customer_positions(customer, span.after, span.up_to, span.occurred_from, span.occurred_before)
    while chunk := list(islice(ahead, positions_per_read)):
        for block in unit.log.blocks_at(chunk):
            events = dict(_kept(block))
            for position in chunk[bisect_left(chunk, block.first_position) : bisect_right(chunk, block.last_position)]:
                if position not in corrected and span.holds(position, events[position].occurred_at):
                    yield position, events[position], block


def _kept(block: EventBlock) -> list[tuple[int, WireEvent]]:
    """The events of a block with their positions, less what was not recorded."""
    sent = stored_events(block.body, WireFormat(block.format))
    skipped = frozenset(block.skipped)
    kept = [event for ordinal, event in enumerate(sent) if ordinal not in skipped and event is not None]
    assert len(kept) == block.count, f"the block at {block.first_position} holds {len(kept)} events, not {block.count}"
    return list(enumerate(kept, block.first_position))


def _logged(position: int, event: WireEvent, block: EventBlock) -> LoggedEvent:
    return LoggedEvent(position, block.recorded_at, to_usage_event(event))
