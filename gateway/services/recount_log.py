"""Recount a span of the log: in one process, and where that takes long in two."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack

from gateway.core.metering.recount import CountingScope, Recount
from gateway.core.ports.event_log import EventBlock
from gateway.core.ports.storage import UnitOfWork
from gateway.services.block_recount import BlockRecount, RecountOrder, collecting_rarely
from gateway.services.read_log import LogSpan, corrected_positions
from gateway.services.second_recount import SecondRecount

events_per_chunk = 4_000
# A process takes as long to start as to count so many.
events_alone_max = 100_000


def recount_log(
    unit: UnitOfWork, span: LogSpan, scopes: Sequence[CountingScope], events_alone: int = events_alone_max
) -> Recount:
    """What the events at the positions of a span come to for every scope, less those that a correction in it voids.

    Times of the span spare blocks that hold no event of it; which events count is the matter of the scopes. After
    `events_alone` a second process helps, if the machine has a second core.
    """
    customers = {scope.subscription.customer for scope in scopes}
    order = RecountOrder(scopes, span.after, span.up_to, corrected_positions(unit, span.up_to, customers))
    blocks = unit.log.blocks(span.after, span.up_to, span.occurred_from, span.occurred_before)
    has_second_core = (os.cpu_count() or 1) > 1
    with collecting_rarely(), ExitStack() as stack:
        recount = BlockRecount(order)
        second: SecondRecount | None = None
        for chunk in _chunks(blocks):
            if second is None or not second.offer(chunk):
                recount.count(chunk)
            events_alone -= sum(block.count for block in chunk)
            if second is None and events_alone <= 0 and has_second_core:
                second = stack.enter_context(SecondRecount(order))
        if second is not None:
            recount.merge(second.gathered())
        return recount.result()


def _chunks(blocks: Iterable[EventBlock]) -> Iterator[list[EventBlock]]:
    """Blocks in lists of a few thousand events."""
    chunk: list[EventBlock] = []
    events = 0
    for block in blocks:
        chunk.append(block)
        events += block.count
        if events >= events_per_chunk:
            yield chunk
            chunk, events = [], 0
    yield chunk
