"""A recount of blocks of the log, in whatever process."""

import gc
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from gateway.core.metering.gathering import Gathered
from gateway.core.metering.recount import CountingScope, Recount, Recounting
from gateway.core.ports.event_log import EventBlock
from gateway.wire.columns import ColumnReader

_collection_thresholds = (1_000_000, 20, 20)


@dataclass(frozen=True, slots=True)
class RecountOrder:
    """What to count: events at positions in `(after, up_to]` for every scope, without the `corrected` ones."""

    scopes: Sequence[CountingScope]
    after: int
    up_to: int
    corrected: frozenset[int]

    def __reduce__(self) -> tuple[object, ...]:
        # As plain tuples, because thousands of dataclasses take longer to send than what they ask for takes to count.
        return _order_of, ([_scope_values(scope) for scope in self.scopes], self.after, self.up_to, self.corrected)


def _scope_values(scope: CountingScope) -> tuple[object, ...]:
    return scope.subscription, scope.period, scope.meters, scope.whole, scope.by_transaction


def _order_of(scopes: Iterable[Any], after: int, up_to: int, corrected: frozenset[int]) -> RecountOrder:
    return RecountOrder([CountingScope(*values) for values in scopes], after, up_to, corrected)


class BlockRecount:
    """Counts blocks, in any order."""

    def __init__(self, order: RecountOrder) -> None:
        self._recounting = Recounting(order.scopes)
        self._reader = ColumnReader(self._recounting.read, order.after, order.up_to, order.corrected)

    def count(self, blocks: Iterable[EventBlock]) -> None:
        """Count the events in blocks."""
        for columns in self._reader.columns(blocks):
            self._recounting.add(columns)

    @property
    def gathered(self) -> dict[str, Gathered]:
        """What was counted so far, for `merge`."""
        return self._recounting.gathered

    def merge(self, gathered: Mapping[str, Gathered]) -> None:
        """Take in what was counted by the same order in another process."""
        self._recounting.merge(gathered)

    def result(self) -> Recount:
        """The counts."""
        return self._recounting.result()


class _RareCollection:
    """Thresholds of the garbage collector for as long as any recount runs, in whatever thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._usual = gc.get_threshold()

    def begin(self) -> None:
        with self._lock:
            if not self._running:
                self._usual = gc.get_threshold()
                gc.set_threshold(*_collection_thresholds)
            self._running += 1

    def end(self) -> None:
        with self._lock:
            self._running -= 1
            if not self._running:
                gc.set_threshold(*self._usual)


_rare_collection = _RareCollection()


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Look for garbage less often: a recount makes many objects, and none that refer to each other in circles."""
    _rare_collection.begin()
    try:
        yield
    finally:
        _rare_collection.end()
