"""The newest events of the log, parsed, so that the projector and the look at duplicates need not read it again."""

import threading
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from gateway.wire.events import WireEvent

recent_events_max = 120_000


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """Events at positions `first_position`, +1, ..., recorded together."""

    first_position: int
    recorded_at: datetime
    events: list[WireEvent]

    @property
    def last_position(self) -> int:
        """The position of its last event."""
        return self.first_position + len(self.events) - 1


class RecentEvents:
    """A bounded memory of what this process recorded last; safe across threads.

    Other processes may have recorded what is missing between two runs.
    """

    def __init__(self, events_max: int = recent_events_max) -> None:
        self._events_max = events_max
        self._lock = threading.Lock()
        self._first_positions: list[int] = []
        self._runs: list[RecordedRun] = []
        self._count = 0

    def add(self, runs: Sequence[RecordedRun]) -> None:
        """Remember the runs of one commit, in order, and forget the oldest beyond the bound."""
        if not runs:
            return
        with self._lock:
            # Nearly always the end; commits of several threads may be told in another order.
            place = bisect_right(self._first_positions, runs[0].first_position)
            self._first_positions[place:place] = [run.first_position for run in runs]
            self._runs[place:place] = runs
            self._count += sum(len(run.events) for run in runs)
            if self._count > self._events_max:
                self._forget_oldest()

    def at(self, position: int) -> WireEvent | None:
        """The event at `position`, if it is remembered."""
        with self._lock:
            index = bisect_right(self._first_positions, position) - 1
            if index < 0 or position > self._runs[index].last_position:
                return None
            run = self._runs[index]
        return run.events[position - run.first_position]

    def after(self, position: int, events_max: int) -> list[RecordedRun]:
        """The runs that follow `position` without a gap, about `events_max` events; empty if the next is not here."""
        with self._lock:
            index = bisect_right(self._first_positions, position)
            following: list[RecordedRun] = []
            count, expected = 0, position + 1
            for run in islice(self._runs, index, None):
                if run.first_position != expected or count >= events_max:
                    break
                following.append(run)
                count, expected = count + len(run.events), run.last_position + 1
            return following

    def _forget_oldest(self) -> None:
        # A tenth at once, because taking from the front of a list moves all that follows.
        index = 0
        while self._count > self._events_max * 9 // 10 and index < len(self._runs) - 1:
            self._count -= len(self._runs[index].events)
            index += 1
        del self._first_positions[:index], self._runs[:index]
