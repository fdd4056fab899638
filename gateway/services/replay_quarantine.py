"""Replay quarantined events: those whose reason is gone get the next positions of the log."""

from collections.abc import Sequence
from datetime import datetime

from gateway.core.events import Outcome
from gateway.core.ports.event_log import EventBlock, QuarantinedEvent
from gateway.core.ports.storage import Priority, UnitOfWork
from gateway.services.group_commit import KnownNames, Receipt, reason_to_wait
from gateway.services.installation import Installation

events_per_replay_max = 1_000


def replay(installation: Installation, ids: Sequence[str] | None = None) -> list[Receipt]:
    """Take the quarantined events with these ids (or the first thousand of all) as far as they can be taken now.

    The receipts are in the order of the events' ids. One that was released before is a duplicate with its position;
    one that still has to wait says why. Ids that do not exist have no receipt.
    """

    def work(unit: UnitOfWork) -> list[Receipt]:
        head = unit.log.lock_head()
        waiting = _find(unit, ids)
        known = KnownNames()
        known.look_up_names(unit, {event.customer for event in waiting}, {event.type for event in waiting})
        now = installation.business_clock.now()
        receipts: list[Receipt] = []
        for event in waiting:
            receipt = _receipt(event, known, now, head + 1)
            if receipt.outcome is Outcome.ACCEPTED:
                head += 1
                unit.log.append([_block(event, head, now)], [], head)
                unit.log.release(event, head, now)
            receipts.append(receipt)
        return receipts

    return installation.storage.transact(work, Priority.INGEST)


def _find(unit: UnitOfWork, ids: Sequence[str] | None) -> list[QuarantinedEvent]:
    if ids is None:
        return unit.log.quarantined(None, events_per_replay_max)
    return unit.log.quarantined_by_id(ids[:events_per_replay_max])


def _receipt(event: QuarantinedEvent, known: KnownNames, now: datetime, next_position: int) -> Receipt:
    if event.released_at is not None:
        return Receipt(Outcome.DUPLICATE, event.position)
    reason = reason_to_wait(known, event.customer, event.type, event.occurred_at, now)
    if reason is not None:
        return Receipt(Outcome.QUARANTINED, reason=reason)
    return Receipt(Outcome.ACCEPTED, next_position)


def _block(event: QuarantinedEvent, position: int, now: datetime) -> EventBlock:
    return EventBlock(
        first_position=position,
        count=1,
        recorded_at=now,
        format=event.format,
        body=event.body,
        skipped=(),
        occurred_min=event.occurred_at,
        occurred_max=event.occurred_at,
    )
