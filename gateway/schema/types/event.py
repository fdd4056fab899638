"""Usage events: those in the log, those that belong to nobody, and those kept aside."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Self

import strawberry

from gateway.core import events as core
from gateway.core.metering import live
from gateway.core.numbers import plain
from gateway.core.ports.event_log import IntakeCount
from gateway.core.ports.event_log import QuarantinedEvent as CoreQuarantinedEvent
from gateway.schema.scalars import Long
from gateway.schema.types.enums import PropertyKind
from gateway.schema.types.page import Node, Paging

EVENTS: Paging[core.LoggedEvent] = Paging("events", (int,), lambda logged: (logged.position,))
UNATTRIBUTED: Paging[live.Unattributed] = Paging("unattributed", (int,), lambda event: (event.position,))
QUARANTINED: Paging[CoreQuarantinedEvent] = Paging("quarantined", (str,), lambda event: (event.id,))


@strawberry.type
class EventProperty:
    """One property of an event, with its value as text."""

    name: str = strawberry.field(description="The property.")
    kind: PropertyKind = strawberry.field(description="What its value is.")
    value: str | None = strawberry.field(
        description="Numbers in plain notation, lists and objects as JSON; null for null."
    )

    @classmethod
    def from_core(cls, name: str, value: core.PropertyValue) -> Self:
        """The property `name` with `value`."""
        kind, text = _shown(value)
        return cls(name=name, kind=kind, value=text)


@strawberry.type
class UsageEvent:
    """An immutable fact: something a customer used."""

    position: Long = strawberry.field(description="Its place in the log: gapless, in commit order.")
    recorded_at: datetime = strawberry.field(description="When it was stored, by business time.")
    source: str = strawberry.field(description="Who sent it.")
    id: str = strawberry.field(description="The sender's id; with the source it is unique for ever.")
    type: str = strawberry.field(description="The event type.")
    customer_key: str = strawberry.field(description="Who used it.")
    subscription_key: str | None = strawberry.field(description="The subscription it names, if it names one.")
    occurred_at: datetime = strawberry.field(description="When it happened.")
    properties: list[EventProperty] = strawberry.field(description="What it tells, in the order sent.")

    @classmethod
    def from_core(cls, logged: core.LoggedEvent) -> Self:
        """The same event."""
        event = logged.event
        return cls(
            position=Long(logged.position),
            recorded_at=logged.recorded_at,
            source=event.source,
            id=event.id,
            type=event.type,
            customer_key=event.customer,
            subscription_key=event.subscription,
            occurred_at=event.occurred_at,
            properties=[EventProperty.from_core(name, value) for name, value in event.properties.items()],
        )


@strawberry.type
class UnattributedEvent:
    """An event that no subscription covers: stored, shown, billed to nobody."""

    position: Long = strawberry.field(description="Its place in the log.")
    customer_key: str = strawberry.field(description="Who used it.")
    type: str = strawberry.field(description="The event type.")
    occurred_at: datetime = strawberry.field(description="When it happened.")
    reason: live.UnattributedReason = strawberry.field(description="Why no subscription covers it.")

    @classmethod
    def from_core(cls, event: live.Unattributed) -> Self:
        """The same event."""
        return cls(
            position=Long(event.position),
            customer_key=event.customer,
            type=event.type,
            occurred_at=event.occurred_at,
            reason=event.reason,
        )


@strawberry.type
class QuarantinedEvent(Node):
    """An event that could not be taken yet. Replay it when the reason is gone."""

    source: str = strawberry.field(description="Who sent it.")
    event_id: str = strawberry.field(description="The sender's id.")
    customer_key: str = strawberry.field(description="The customer it names.")
    type: str = strawberry.field(description="The event type.")
    occurred_at: datetime = strawberry.field(description="When it happened.")
    reason: core.QuarantineReason = strawberry.field(description="Why it is here.")
    body: str = strawberry.field(description="The event as sent.")
    quarantined_at: datetime = strawberry.field(description="When it came, by business time.")
    replayed_at: datetime | None = strawberry.field(description="When it was taken after all; null while it waits.")
    position: Long | None = strawberry.field(description="Its place in the log, once it was taken.")

    @classmethod
    def from_core(cls, event: CoreQuarantinedEvent) -> Self:
        """The same event."""
        return cls(
            id=strawberry.ID(event.id),
            source=event.source,
            event_id=event.event_id,
            customer_key=event.customer,
            type=event.type,
            occurred_at=event.occurred_at,
            reason=event.reason,
            body=event.body.decode(errors="replace"),
            quarantined_at=event.quarantined_at,
            replayed_at=event.released_at,
            position=None if event.position is None else Long(event.position),
        )


@strawberry.type
class IntakeTotals:
    """How events ended that were sent, over all sources and times."""

    accepted: Long = strawberry.field(description="Stored.")
    duplicate: Long = strawberry.field(description="Sent again with the same content.")
    conflict: Long = strawberry.field(description="Sent again with other content.")
    quarantined: Long = strawberry.field(description="Kept aside; also those that were replayed since.")
    waiting: Long = strawberry.field(description="In quarantine now.")

    @classmethod
    def from_core(cls, counts: IntakeCount, waiting: int) -> Self:
        """The tallies, and how many events wait in quarantine."""
        return cls(
            accepted=Long(counts.accepted),
            duplicate=Long(counts.duplicate),
            conflict=Long(counts.conflict),
            quarantined=Long(counts.quarantined),
            waiting=Long(waiting),
        )


def _shown(value: core.PropertyValue) -> tuple[PropertyKind, str | None]:
    match value:
        case None:
            return PropertyKind.NULL, None
        case bool():
            return PropertyKind.BOOLEAN, str(value).lower()
        case int() | Decimal():
            return PropertyKind.NUMBER, plain(Decimal(value))
        case str():
            return PropertyKind.TEXT, value
        case list():
            return PropertyKind.LIST, _json(value)
        case dict():
            return PropertyKind.OBJECT, _json(value)


def _json(value: core.PropertyValue) -> str:
    """JSON with exact numbers, which the standard encoder would pass through a float."""
    match value:
        case list():
            return f"[{', '.join(map(_json, value))}]"
        case dict():
            return "{" + ", ".join(f"{json.dumps(key)}: {_json(each)}" for key, each in value.items()) + "}"
        case Decimal():
            return plain(value)
        case _:
            return json.dumps(value, ensure_ascii=False)
