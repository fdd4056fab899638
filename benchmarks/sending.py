"""Which events each request carries, and the requests as bytes, written just in time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.events import Numbers, Stream
from benchmarks.rows import ROW, TEMPLATE, write_rows

slots_per_duplicate = 20  # one event in 20 was sent before: 5 %
duplicates_reach = 100_000  # most re-sends follow within a second or two at the speeds measured here,
duplicates_per_far_one = 20  # and one in 20 of them repeats any event stored
_events_per_chunk = 2_000


@dataclass(frozen=True, slots=True)
class Sending:
    """New events from number `stored` on and, where asked for, 5 % that earlier requests have carried."""

    stream: Stream
    stored: int
    events_per_request: int
    has_duplicates: bool

    def __post_init__(self) -> None:
        if self.has_duplicates and self.stored < self.events_per_request:
            raise ValueError(f"{self.stored} events are stored; re-sends need at least {self.events_per_request}")

    @property
    def body_bytes(self) -> int:
        """The length of every request's body."""
        return len(self._template(b""))

    def requests(self, head: bytes) -> Iterator[memoryview]:
        """HTTP requests without end; `head` is everything that precedes the body."""
        per_chunk = max(1, _events_per_chunk // self.events_per_request)
        request = np.dtype([("head", f"V{len(head) + 1}"), ("events", ROW, (self.events_per_request,))])
        template = np.frombuffer(self._template(head) * per_chunk, np.uint8)
        slot = np.arange(per_chunk * self.events_per_request, dtype=np.uint64).reshape(per_chunk, -1)
        while True:
            chunk = template.copy()
            write_rows(chunk.view(request)["events"], self.stream, self.events(slot))
            yield from _slices(chunk.data, request.itemsize)
            slot += np.uint64(slot.size)

    def new_events(self, requests: int) -> int:
        """How many different new events the first `requests` requests carry."""
        slots = requests * self.events_per_request
        if not self.has_duplicates:
            return slots
        group, place = divmod(slots, slots_per_duplicate)
        whole_groups = group * (slots_per_duplicate - 1)
        repeats = int(self._place_of_duplicate(np.array([group], np.uint64))[0])
        return whole_groups + place - (repeats < place)

    def events(self, slot: Numbers) -> Numbers:
        """The number of the event in each slot: of every 20 slots, one at a random place repeats an earlier event."""
        if not self.has_duplicates:
            return slot + np.uint64(self.stored)
        group, place = np.divmod(slot, np.uint64(slots_per_duplicate))
        repeats = self._place_of_duplicate(group)
        first_new = group * np.uint64(slots_per_duplicate - 1) + np.uint64(self.stored)
        event = first_new + place - (place > repeats)
        is_duplicate = place == repeats
        event[is_duplicate] = self._earlier(group[is_duplicate], first_new[is_duplicate])
        return event

    def _template(self, head: bytes) -> bytes:
        return head + b"[" + (TEMPLATE * self.events_per_request)[:-1] + b"]"

    def _place_of_duplicate(self, group: Numbers) -> Numbers:
        return self.stream.noise("place", group) % np.uint64(slots_per_duplicate)

    def _earlier(self, group: Numbers, first_new: Numbers) -> Numbers:
        """An event of an earlier request than the one that holds the group which begins with event `first_new`."""
        noise = self.stream.noise("repeat", group)
        sent = first_new - np.uint64(self.events_per_request - 1)
        near = np.minimum(sent, np.uint64(duplicates_reach))
        reach = np.where(noise % np.uint64(duplicates_per_far_one) == 0, sent, near)
        return sent - np.uint64(1) - (noise >> np.uint64(8)) % reach


def _slices(chunk: memoryview, size: int) -> Iterator[memoryview]:
    for start in range(0, len(chunk), size):
        yield chunk[start : start + size]
