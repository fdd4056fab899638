"""Mutations that send events and take those that were kept aside."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec
import strawberry

from gateway.core.access import Scope
from gateway.core.errors import InvalidValue
from gateway.core.numbers import plain
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import instant_text
from gateway.schema.context import GatewayContext, Info, asked_to_change
from gateway.schema.scalars import EventBatch
from gateway.schema.types.enums import UserErrorCode
from gateway.schema.types.payload import Attempt, EventOutcome, Payload, UserError, attempt
from gateway.services.group_commit import Receipt
from gateway.services.replay_quarantine import events_per_replay_max, replay
from gateway.wire.events import WireFormat, parse_events

Batch = Annotated[EventBatch, strawberry.argument(description="The events; each gets an outcome of its own.")]
QuarantinedIds = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(description=f"Which events; without it the first {events_per_replay_max} that wait."),
]


@strawberry.input
class EventPropertyInput:
    """A property with exactly one value."""

    name: str = strawberry.field(description="The property.")
    text: str | None = strawberry.field(default=None, description="Its value, if it is a text.")
    number: Decimal | None = strawberry.field(default=None, description="Its value, if it is a number.")
    boolean: bool | None = strawberry.field(default=None, description="Its value, if it is true or false.")

    def to_json(self) -> msgspec.Raw:
        """The value as JSON. Raises `InvalidValue` unless there is exactly one."""
        given = [value for value in (self.text, self.number, self.boolean) if value is not None]
        if len(given) != 1:
            raise InvalidValue(f"Property {self.name!r} has {len(given)} values; give one of text, number, boolean")
        if self.number is not None:
            return msgspec.Raw(plain(self.number).encode())
        return msgspec.Raw(msgspec.json.encode(given[0]))


@strawberry.input
class RecordUsageInput:
    """A usage event. Send the same source and id when you retry."""

    source: str = strawberry.field(description="Who sends it.")
    id: str = strawberry.field(description="The sender's id; with the source it is unique for ever.")
    type: str = strawberry.field(description="The event type.")
    customer: str = strawberry.field(description="The customer's key.")
    occurred_at: datetime = strawberry.field(description="When it happened.")
    subscription: str | None = strawberry.field(default=None, description="The subscription's key, if it names one.")
    properties: list[EventPropertyInput] = strawberry.field(default_factory=list, description="What it tells.")

    def to_json(self) -> bytes:
        """The event as `POST /v1/events` takes it. Raises `InvalidValue` for a property without one value."""
        names = [each.name for each in self.properties]
        if len(set(names)) < len(names):
            raise InvalidValue("A property is named twice")
        event = {
            "source": self.source,
            "id": self.id,
            "type": self.type,
            "customer": self.customer,
            "occurred_at": instant_text(self.occurred_at),
            "properties": {each.name: each.to_json() for each in self.properties},
        }
        if self.subscription is not None:
            event["subscription"] = self.subscription
        return msgspec.json.encode(event)


NewEvent = Annotated[RecordUsageInput, strawberry.argument(name="input", description="The event.")]


@strawberry.type
class IngestEventsPayload(Payload):
    """What became of each event."""

    outcomes: list[EventOutcome] = strawberry.field(description="In the order sent; empty if nothing could be read.")


@strawberry.type
class RecordUsagePayload(Payload):
    """What became of the event."""

    outcome: EventOutcome | None = strawberry.field(description="Null if it was refused before it was looked at.")


@strawberry.type
class ReplayOutcome:
    """What became of a quarantined event."""

    id: strawberry.ID = strawberry.field(description="Its id in quarantine.")
    result: EventOutcome = strawberry.field(description="What became of it.")


@strawberry.type
class ReplayQuarantinedPayload(Payload):
    """What became of each event that exists."""

    outcomes: list[ReplayOutcome] = strawberry.field(description="In the order of their ids.")


@strawberry.type
class EventMutations:
    """Sending events."""

    @strawberry.mutation
    async def ingest_events(self, info: Info, batch: Batch) -> IngestEventsPayload:
        """Record events. Accepted means durable; one bad event does not spoil the others. Scope: ingest."""
        done = await _record(asked_to_change(info, Scope.INGEST), lambda: batch.encode("utf-8", "surrogatepass"))
        return IngestEventsPayload(outcomes=EventOutcome.list_from(done.value or []), user_errors=done.errors)

    @strawberry.mutation
    async def record_usage(self, info: Info, event: NewEvent) -> RecordUsagePayload:
        """Record one event. Scope: ingest."""
        done = await _record(asked_to_change(info, Scope.INGEST), event.to_json)
        return RecordUsagePayload(
            outcome=done.shown(lambda receipts: EventOutcome.from_core(0, receipts[0])), user_errors=done.errors
        )

    @strawberry.mutation
    async def replay_quarantined(self, info: Info, ids: QuarantinedIds = None) -> ReplayQuarantinedPayload:
        """Take quarantined events whose reason is gone. Those that must wait longer say why. Scope: ingest."""
        context = asked_to_change(info, Scope.INGEST)
        found = await context.read(lambda unit: _existing(unit, ids))
        done = await attempt(lambda: replay(context.installation, found))
        outcomes = [
            ReplayOutcome(id=strawberry.ID(event_id), result=result)
            for event_id, result in zip(found, EventOutcome.list_from(done.value or []), strict=True)
        ]
        missing = [_missing(event_id) for event_id in ids or () if event_id not in found]
        return ReplayQuarantinedPayload(outcomes=outcomes, user_errors=[*done.errors, *missing])


async def _record(context: GatewayContext, body: Callable[[], bytes]) -> Attempt[list[Receipt]]:
    return await attempt(lambda: context.recorder.record(parse_events(body(), WireFormat.JSON)))


def _existing(unit: UnitOfWork, ids: Sequence[str] | None) -> list[str]:
    """The ids of the quarantined events to replay, in order."""
    waiting = unit.log.quarantined(None, events_per_replay_max) if ids is None else unit.log.quarantined_by_id(ids)
    return sorted(event.id for event in waiting)[:events_per_replay_max]


def _missing(event_id: str) -> UserError:
    message = f"There is no event {event_id[:80]!r} in quarantine, or more than {events_per_replay_max} were named"
    return UserError(code=UserErrorCode.NOT_FOUND, message=message, path=["ids"])
