"""What the services ask of the event log."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.core.corrections import EventCorrection
from gateway.core.events import QuarantineReason


@dataclass(frozen=True, slots=True)
class EventBlock:
    """The events of one request in the log: the body as sent, less the `skipped` ordinals, from `first_position` on."""

    first_position: int
    count: int
    recorded_at: datetime
    format: str
    body: bytes
    skipped: tuple[int, ...]
    occurred_min: datetime
    occurred_max: datetime

    @property
    def last_position(self) -> int:
        """The position of its last event."""
        return self.first_position + self.count - 1


@dataclass(frozen=True, slots=True)
class IdentityRun:
    """Events of one source at positions `first_position`, +1, ... in the order of `ids`."""

    source: str
    first_position: int
    ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class QuarantinedEvent:
    """An event that cannot be taken yet: its bytes as sent, and why."""

    id: str
    source: str
    event_id: str
    customer: str
    type: str
    occurred_at: datetime
    reason: QuarantineReason
    format: str
    body: bytes
    quarantined_at: datetime
    released_at: datetime | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class IntakeCount:
    """How many events of a source ended how in an hour."""

    source: str
    hour: datetime
    accepted: int = 0
    duplicate: int = 0
    conflict: int = 0
    quarantined: int = 0


class EventLog(Protocol):
    """The append-only log of usage events and the identities in it."""

    def head(self) -> int:
        """The position of the last event; 0 for an empty log."""
        ...

    def lock_head(self) -> int:
        """The head, locked until the transaction ends, so that positions are gapless and in commit order."""
        ...

    def find(self, source: str, ids: Sequence[str]) -> dict[str, int | None]:
        """The known ones of `ids`, with their position; None for one in quarantine."""
        ...

    def append(self, blocks: Sequence[EventBlock], runs: Sequence[IdentityRun], head: int) -> None:
        """Store blocks with the identities of their events, and move the locked head to `head`."""
        ...

    def quarantine(self, events: Sequence[QuarantinedEvent]) -> None:
        """Keep events that cannot be taken yet; each holds its id."""
        ...

    def release(self, event: QuarantinedEvent, position: int, at: datetime) -> None:
        """Give a quarantined event its position."""
        ...

    def count_intake(self, counts: Sequence[IntakeCount]) -> None:
        """Add to the hourly tallies per source."""
        ...

    def add_correction(self, correction: EventCorrection) -> None:
        """Store that an entry corrects an event."""
        ...

    def correction_of(self, position: int) -> EventCorrection | None:
        """What corrects the event at `position`; None if nothing does."""
        ...

    def corrections(self, after: int, up_to: int, customers: Sequence[str] | None = None) -> list[EventCorrection]:
        """The corrections at positions in `(after, up_to]`, of these customers or of all, in order."""
        ...

    def block_at(self, position: int) -> EventBlock:
        """The block that holds `position`."""
        ...

    def blocks_at(self, positions: Sequence[int]) -> Iterator[EventBlock]:
        """The blocks that hold these positions, each once, in order, streamed."""
        ...

    def blocks(
        self, after: int, up_to: int, occurred_from: datetime | None = None, occurred_before: datetime | None = None
    ) -> Iterator[EventBlock]:
        """Blocks with positions in `(after, up_to]`, in order, streamed; only those that may hold the named times."""
        ...

    def next_blocks(self, after: int, events_max: int) -> list[EventBlock]:
        """The blocks that follow position `after`: at least one if there is any, and about `events_max` events."""
        ...

    def quarantined(self, after: str | None, limit: int, open_only: bool = True) -> list[QuarantinedEvent]:
        """Quarantined events in the order of their ids, after the id `after`."""
        ...

    def quarantined_by_id(self, ids: Sequence[str]) -> list[QuarantinedEvent]:
        """Those of `ids` that exist."""
        ...

    def quarantined_count(self) -> int:
        """How many events wait in quarantine."""
        ...

    def intake(self) -> IntakeCount:
        """All tallies added up, over all sources and hours."""
        ...
