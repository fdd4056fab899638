"""Void or amend one event: a further entry of the log, from whose position on it no longer counts as it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from gateway.core.audit import AuditAction
from gateway.core.corrections import VOIDED, CorrectionKind, EventCorrection
from gateway.core.errors import IllegalTransition, InvalidValue, NotFound
from gateway.core.ports.event_log import EventBlock
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import instant_text
from gateway.services.audit import record_deed
from gateway.services.group_commit import KnownNames, event_in, reason_to_wait
from gateway.services.installation import Installation
from gateway.services.remember import once
from gateway.wire.events import WireEvent, WireFormat, parse_events


@dataclass(frozen=True, slots=True)
class CorrectionRequest:
    """Which event to correct, why, and who asks; the same `idempotency_key` gives the same answer."""

    source: str
    id: str
    reason: str
    actor: str
    idempotency_key: str


def void_event(installation: Installation, request: CorrectionRequest) -> int:
    """Let an event no longer count; the position from which on it does not.

    An invoice that was made before keeps what it counted. Raises `NotFound` for an event that was never recorded, and
    `IllegalTransition` for one that is void.
    """
    asked = {"request": "void_event", "source": request.source, "id": request.id, "reason": request.reason}

    def work(unit: UnitOfWork) -> str:
        return str(_Correcting(installation, unit, request).void())

    return int(once(installation, request.actor, request.idempotency_key, asked, work))


def amend_event(
    installation: Installation,
    request: CorrectionRequest,
    properties: Mapping[str, object],
    occurred_at: datetime | None = None,
) -> int:
    """Let an event count with other properties, or at another time; the position of what counts from now on.

    Raises what `void_event` raises, and `InvalidValue` for an event that could not be recorded so.
    """
    when = None if occurred_at is None else instant_text(occurred_at)
    body = msgspec.json.encode(properties)
    asked = {"request": "amend_event", "source": request.source, "id": request.id, "reason": request.reason}

    def work(unit: UnitOfWork) -> str:
        return str(_Correcting(installation, unit, request).amend(body, when))

    return int(
        once(installation, request.actor, request.idempotency_key, {**asked, "at": when, "to": body.decode()}, work)
    )


class _Correcting:
    """A correction in a transaction that holds the head of the log."""

    def __init__(self, installation: Installation, unit: UnitOfWork, request: CorrectionRequest) -> None:
        self._installation = installation
        self._unit = unit
        self._request = request
        self._now = installation.business_clock.now()
        self._head = unit.log.lock_head()
        self._corrects = self._present_position()
        self._event = event_in(unit.log.block_at(self._corrects), self._corrects)

    def void(self) -> int:
        return self._append(CorrectionKind.VOID, self._body(type=VOIDED, properties={}))

    def amend(self, properties: bytes, occurred_at: str | None) -> int:
        changed: dict[str, object] = {"properties": msgspec.Raw(properties)}
        if occurred_at is not None:
            changed["occurred_at"] = occurred_at
        return self._append(CorrectionKind.AMEND, self._body(**changed))

    def _present_position(self) -> int:
        """Where the event stands as it counts now: its own position, or that of its last amendment."""
        source, event_id = self._request.source, self._request.id
        position = self._unit.log.find(source, [event_id]).get(event_id)
        if position is None:
            raise NotFound(f"There is no recorded event {event_id[:80]!r} of source {source[:80]!r}")
        while (found := self._unit.log.correction_of(position)) is not None:
            if found.kind is CorrectionKind.VOID:
                raise IllegalTransition(f"Event {event_id!r} of source {source!r} is void; send another one instead")
            position = found.position
        return position

    def _body(self, **changed: object) -> bytes:
        values = {name: getattr(self._event, name) for name in WireEvent.__struct_fields__}
        return msgspec.json.encode({**values, "occurred_at": instant_text(self._event.occurred_at), **changed})

    def _append(self, kind: CorrectionKind, body: bytes) -> int:
        occurred_at = self._require_recordable(body)
        position = self._head + 1
        correction = EventCorrection(
            position, self._corrects, self._event.customer, kind, self._request.reason, self._request.actor, self._now
        )
        block = EventBlock(
            first_position=position,
            count=1,
            recorded_at=self._now,
            format=WireFormat.JSON,
            body=body,
            skipped=(),
            occurred_min=occurred_at,
            occurred_max=occurred_at,
        )
        self._unit.log.append([block], [], position)
        self._unit.log.add_correction(correction)
        self._record(correction)
        return position

    def _record(self, correction: EventCorrection) -> None:
        is_void = correction.kind is CorrectionKind.VOID
        record_deed(
            self._unit,
            self._installation,
            correction.actor,
            AuditAction.EVENT_VOIDED if is_void else AuditAction.EVENT_AMENDED,
            f"event:{correction.corrects}",
            customer=correction.customer,
            reason=correction.reason,
            details={"source": self._request.source, "id": self._request.id, "corrected at": correction.position},
        )

    def _require_recordable(self, body: bytes) -> datetime:
        """When the entry occurred. Raises `InvalidValue` if it could not be recorded by itself."""
        batch = parse_events(body, WireFormat.JSON)
        [event] = batch.events
        if event is None:
            raise InvalidValue(f"The event cannot be amended so: {batch.rejected[0]}")
        known = KnownNames({event.customer}, {event.type})
        reason = reason_to_wait(known, event.customer, event.type, event.occurred_at, self._now)
        if reason is not None:
            raise InvalidValue(f"The amended event is {reason.replace('_', ' ')}; give it a time that has come")
        return event.occurred_at
