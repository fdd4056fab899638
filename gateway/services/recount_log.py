"""Recount a span of the log."""

from collections.abc import Iterable, Iterator, Sequence

from gateway.core.metering.recount import CountingScope, Recount, Recounting
from gateway.core.ports.event_log import EventBlock
from gateway.core.ports.storage import UnitOfWork
from gateway.services.read_log import LogSpan, corrected_positions
from gateway.wire.columns import ColumnReader

events_per_chunk = 4_000


def recount_log(unit: UnitOfWork, span: LogSpan, scopes: Sequence[CountingScope]) -> Recount:
    """What the events at the positions of a span come to for every scope, less those that a correction in it voids.

    Times of the span spare blocks that hold no event of it; which events count is the matter of the scopes.
    """
    recounting = Recounting(scopes)
    customers = sorted({scope.subscription.customer for scope in scopes})
    reader = ColumnReader(recounting.read, span.after, span.up_to, corrected_positions(unit, span.up_to, customers))
    blocks = unit.log.blocks(span.after, span.up_to, span.occurred_from, span.occurred_before)
    for chunk in _chunks(blocks):
        for columns in reader.columns(chunk):
            recounting.add(columns)
    return recounting.result()


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
