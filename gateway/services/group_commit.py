"""One commit of several requests: every event gets its outcome and, if new, the next position."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

import msgspec

from gateway.core.events import Outcome, QuarantineReason, canonical
from gateway.core.ports.clock import Ids
from gateway.core.ports.event_log import EventBlock, IdentityRun, IntakeCount, QuarantinedEvent
from gateway.core.ports.storage import UnitOfWork
from gateway.services.recent_events import RecentEvents, RecordedRun
from gateway.wire.events import EventBatch, WireEvent, WireFormat, item_bytes, stored_events
from gateway.wire.payload import to_usage_event

clock_skew_max = timedelta(minutes=5)
_conflict = "this id was recorded before with another content; the first one counts"


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What became of one event. A repeat gets the position of the event that was recorded first."""

    outcome: Outcome
    position: int | None = None
    reason: str | None = None


class Request(msgspec.Struct, frozen=True):
    """A batch with what the commit asks about it, gathered before the writer's turn."""

    batch: EventBatch
    ids: dict[str, list[str]]
    customers: set[str]
    types: set[str]
    occurred_max: datetime | None

    @classmethod
    def of(cls, batch: EventBatch) -> "Request":
        """What a batch names."""
        events = [event for event in batch.events if event is not None]
        if len(events) == 1:
            [one] = events
            return cls(batch, {one.source: [one.id]}, {one.customer}, {one.type}, one.occurred_at)
        ids: dict[str, list[str]] = {}
        for event in events:
            ids.setdefault(event.source, []).append(event.id)
        return cls(
            batch,
            ids,
            {event.customer for event in events},
            {event.type for event in events},
            max([event.occurred_at for event in events], default=None),
        )


@dataclass(slots=True)
class KnownNames:
    """Customers and event types that exist. Neither is ever deleted, so what is known stays true."""

    customers: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)

    def look_up(self, unit: UnitOfWork, requests: Iterable[Request]) -> None:
        """Learn the names in `requests` that exist and are not known yet."""
        self.look_up_names(
            unit,
            {name for request in requests for name in request.customers},
            {name for request in requests for name in request.types},
        )

    def look_up_names(self, unit: UnitOfWork, customers: set[str], types: set[str]) -> None:
        """Learn those of the names that exist and are not known yet."""
        unknown = customers - self.customers
        if unknown:
            self.customers |= unit.definitions.customers_by_key(sorted(unknown)).keys()
        if not types <= self.types:
            self.types |= unit.definitions.event_types()


def reason_to_wait(
    known: KnownNames, customer: str, event_type: str, occurred_at: datetime, now: datetime
) -> QuarantineReason | None:
    """Why an event cannot be taken yet; None if it can."""
    if customer not in known.customers:
        return QuarantineReason.UNKNOWN_CUSTOMER
    if event_type not in known.types:
        return QuarantineReason.UNKNOWN_TYPE
    if occurred_at > now + clock_skew_max:
        return QuarantineReason.IN_THE_FUTURE
    return None


class GroupCommit:
    """Places events of several requests behind the locked head of the log, then stores them all at once."""

    def __init__(self, unit: UnitOfWork, known: KnownNames, recent: RecentEvents, ids: Ids, now: datetime) -> None:
        self._unit = unit
        self._known = known
        self._recent = recent
        self._ids = ids
        self._now = now
        self._head = unit.log.lock_head()
        self._positions: dict[str, dict[str, int | None]] = {}
        self._accepted: list[WireEvent] = []
        self._blocks: list[EventBlock] = []
        self._quarantined: list[QuarantinedEvent] = []
        self._tally: Counter[tuple[str, Outcome]] = Counter()

    def record(self, requests: Sequence[Request]) -> list[list[Receipt]]:
        """The receipts of each request; their events are stored in the order of the requests."""
        self._known.look_up(self._unit, requests)
        ids: dict[str, list[str]] = {}
        for request in requests:
            for source, named in request.ids.items():
                ids.setdefault(source, []).extend(named)
        self._positions = {source: self._unit.log.find(source, named) for source, named in sorted(ids.items())}
        receipts = [self._place(request) for request in requests]
        self._store()
        return receipts

    def runs(self) -> list[RecordedRun]:
        """What was accepted, a run for each request that had something new."""
        first = self._head + 1
        return [
            RecordedRun(
                block.first_position,
                block.recorded_at,
                self._accepted[block.first_position - first : block.last_position - first + 1],
            )
            for block in self._blocks
        ]

    def _place(self, request: Request) -> list[Receipt]:
        batch, accepted, positions = request.batch, self._accepted, self._positions
        must_look = self._may_quarantine(request)
        first = position = self._head + len(accepted)
        receipts: list[Receipt] = []
        skipped: list[int] = []
        for ordinal, event in enumerate(batch.events):
            if event is None:
                receipts.append(Receipt(Outcome.REJECTED, reason=batch.rejected[ordinal]))
            elif event.id in positions[event.source]:
                receipts.append(self._repeated(event, positions[event.source][event.id]))
            elif must_look and (reason := self._reason_to_wait(event)):
                receipts.append(self._quarantine(batch, ordinal, event, reason))
            else:
                position += 1
                positions[event.source][event.id] = position
                accepted.append(event)
                receipts.append(Receipt(Outcome.ACCEPTED, position))
                continue
            skipped.append(ordinal)
        if position > first:
            self._add_block(batch, skipped, accepted[first - self._head :], first + 1)
        return receipts

    def _may_quarantine(self, request: Request) -> bool:
        return (
            not request.customers <= self._known.customers
            or not request.types <= self._known.types
            or (request.occurred_max is not None and request.occurred_max > self._now + clock_skew_max)
        )

    def _reason_to_wait(self, event: WireEvent) -> QuarantineReason | None:
        return reason_to_wait(self._known, event.customer, event.type, event.occurred_at, self._now)

    def _quarantine(self, batch: EventBatch, ordinal: int, event: WireEvent, reason: QuarantineReason) -> Receipt:
        self._positions[event.source][event.id] = None
        self._quarantined.append(
            QuarantinedEvent(
                id=self._ids.new("evq"),
                source=event.source,
                event_id=event.id,
                customer=event.customer,
                type=event.type,
                occurred_at=event.occurred_at,
                reason=reason,
                format=single_item_format(batch.format),
                body=item_bytes(batch.body, batch.format)[ordinal],
                quarantined_at=self._now,
            )
        )
        self._tally[event.source, Outcome.QUARANTINED] += 1
        return Receipt(Outcome.QUARANTINED, reason=reason)

    def _repeated(self, event: WireEvent, position: int | None) -> Receipt:
        if position is None:
            receipt = Receipt(Outcome.QUARANTINED, reason="this id waits in quarantine")
        elif is_same(event, self._event_at(position)):
            receipt = Receipt(Outcome.DUPLICATE, position)
        else:
            receipt = Receipt(Outcome.CONFLICT, position, _conflict)
        self._tally[event.source, receipt.outcome] += 1
        return receipt

    def _event_at(self, position: int) -> WireEvent:
        if position > self._head:
            return self._accepted[position - self._head - 1]
        return self._recent.at(position) or event_in(self._unit.log.block_at(position), position)

    def _add_block(self, batch: EventBatch, skipped: list[int], events: list[WireEvent], first_position: int) -> None:
        times = [event.occurred_at for event in events]
        self._blocks.append(
            EventBlock(
                first_position=first_position,
                count=len(events),
                recorded_at=self._now,
                format=batch.format,
                body=batch.body,
                skipped=tuple(skipped),
                occurred_min=min(times),
                occurred_max=max(times),
            )
        )

    def _store(self) -> None:
        first = self._head + 1
        runs: list[IdentityRun] = []
        for source, group in groupby(self._accepted, key=attrgetter("source")):
            ids = [event.id for event in group]
            runs.append(IdentityRun(source, first, ids))
            first += len(ids)
            self._tally[source, Outcome.ACCEPTED] += len(ids)
        if runs:
            self._unit.log.append(self._blocks, runs, first - 1)
        if self._quarantined:
            self._unit.log.quarantine(self._quarantined)
        if self._tally:
            self._unit.log.count_intake(self._intake_counts())

    def _intake_counts(self) -> list[IntakeCount]:
        hour = self._now.replace(minute=0, second=0, microsecond=0)
        return [
            IntakeCount(
                source,
                hour,
                accepted=self._tally[source, Outcome.ACCEPTED],
                duplicate=self._tally[source, Outcome.DUPLICATE],
                conflict=self._tally[source, Outcome.CONFLICT],
                quarantined=self._tally[source, Outcome.QUARANTINED],
            )
            for source in {source for source, _ in self._tally}
        ]


def is_same(event: WireEvent, stored: WireEvent) -> bool:
    """Whether two events of one id have one content; most repeats are so byte by byte."""
    return event == stored or canonical(to_usage_event(event)) == canonical(to_usage_event(stored))


def kept_events(block: EventBlock) -> list[WireEvent]:
    """The events of a block in the order of their positions."""
    skipped = set(block.skipped)
    events = stored_events(block.body, WireFormat(block.format))
    return [event for ordinal, event in enumerate(events) if ordinal not in skipped and event is not None]


def event_in(block: EventBlock, position: int) -> WireEvent:
    """The event of a block at `position`, without parsing the others."""
    batch_format = WireFormat(block.format)
    items = item_bytes(block.body, batch_format)
    skipped = set(block.skipped)
    kept = [item for ordinal, item in enumerate(items) if ordinal not in skipped]
    [event] = stored_events(kept[position - block.first_position], single_item_format(batch_format))
    assert event is not None, f"the event at position {position} was accepted"
    return event


def single_item_format(batch_format: WireFormat) -> WireFormat:
    """The format of one item of a batch."""
    is_cloud = batch_format in {WireFormat.CLOUDEVENT, WireFormat.CLOUDEVENTS}
    return WireFormat.CLOUDEVENT if is_cloud else WireFormat.JSON
