"""A chunk of the log as the live projection reads it."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from gateway.core.numbers import meter_digits_before_max
from gateway.core.time import EPOCH
from gateway.services.live_values import raw_property
from gateway.services.recent_events import RecordedRun
from gateway.wire.events import WireEvent

slots_searched_max = 1_000
_integer_bound = 10**meter_digits_before_max
_INTEGERS = msgspec.json.Decoder(list[int | None])


@dataclass(slots=True)
class Chunk:
    """Events with their positions; an ordinal is a place in both."""

    events: list[WireEvent]
    positions: list[int]
    _integers: dict[str, list[int | None] | None] = field(default_factory=dict)

    @classmethod
    def of(cls, runs: Sequence[RecordedRun]) -> "Chunk":
        """The events of `runs`, in order."""
        events = [event for run in runs for event in run.events]
        positions = [position for run in runs for position in range(run.first_position, run.last_position + 1)]
        return cls(events, positions)

    def slots(self, length: timedelta) -> list[int]:
        """The number of the slot of time, since 1970, of each event."""
        times = [event.occurred_at for event in self.events]
        first, last = ((edge - EPOCH) // length for edge in (min(times, default=EPOCH), max(times, default=EPOCH)))
        if last - first > slots_searched_max:
            return [(time - EPOCH) // length for time in times]
        # A search among a few instants takes a fraction of what arithmetic with them does.
        starts = [EPOCH + number * length for number in range(first + 1, last + 1)]
        return [first + bisect_right(starts, time) for time in times]

    def integers(self, name: str) -> list[int | None] | None:
        """The values of a property by ordinal, None where it is missing; None if one is no integer that a meter reads.

        Read all at once, because one by one it takes as long as all else together.
        """
        if name not in self._integers:
            self._integers[name] = self._read_integers(name)
        return self._integers[name]

    def _read_integers(self, name: str) -> list[int | None] | None:
        if "." in name:
            values = b",".join([raw_property(event, name) or b"null" for event in self.events])
        else:
            values = b",".join([event.properties.get(name, b"null") for event in self.events])
        try:
            read = _INTEGERS.decode(b"[%b]" % values)
        except msgspec.ValidationError:
            return None
        present = [number for number in read if number is not None]
        is_readable = not present or (max(present) < _integer_bound and min(present) > -_integer_bound)
        return read if is_readable else None
