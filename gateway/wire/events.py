"""Events as senders write them: parsed fast where all is well, one by one where something is not."""

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from gateway.core.errors import InvalidValue
from gateway.core.time import EARLIEST, LATEST
from gateway.wire.items import (
    MalformedBody,
    array_items,
    fault_in,
    is_array,
    is_value_too_deep,
    lines,
    name_length_max,
    nesting_max,
    too_deep,
)
from gateway.wire.reasons import is_json, reason_for

__all__ = [
    "CloudEvent",
    "EventBatch",
    "MalformedBody",
    "WireEvent",
    "WireFormat",
    "events_per_request_max",
    "item_bytes",
    "name_length_max",
    "nesting_max",
    "parse_events",
    "stored_events",
]

events_per_request_max = 10_000

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=name_length_max)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class WireFormat(StrEnum):
    """How a request body holds its events; stored with the body, which is kept as sent."""

    JSON = "json"
    NDJSON = "ndjson"
    CLOUDEVENT = "cloudevent"
    CLOUDEVENTS = "cloudevents"


class WireEvent(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A usage event as sent; property values stay the sender's bytes until something reads them."""

    source: Name
    id: Name
    type: Name
    customer: Name
    occurred_at: Instant
    subscription: Name | None = None
    properties: dict[str, msgspec.Raw] = {}


class CloudEvent(msgspec.Struct, gc=False):
    """A CloudEvents 1.0 event: `subject` is the customer, `time` when it occurred, `data` the properties.

    The extension attribute `subscription` names a subscription; other extensions are kept in the body and not read.
    """

    specversion: str
    id: Name
    source: Name
    type: Name
    subject: Name
    time: Instant
    subscription: Name | None = None
    data: dict[str, msgspec.Raw] = {}
    data_base64: str | None = None

    def to_wire(self) -> WireEvent:
        """The same event under our names. Raises `InvalidValue` for another version of CloudEvents, and binary data."""
        if self.specversion != "1.0":
            raise InvalidValue(f'`specversion` {self.specversion!r} is not supported; send "1.0"')
        if self.data_base64 is not None:
            raise InvalidValue(
                "`data_base64` holds properties that no meter could read; send them as an object in `data`"
            )
        return WireEvent(self.source, self.id, self.type, self.subject, self.time, self.subscription, self.data)


@dataclass(slots=True)
class EventBatch:
    """The events of one request in the order sent; None stands where `rejected` says what is wrong."""

    format: WireFormat
    body: bytes
    events: list[WireEvent | None]
    rejected: dict[int, str] = field(default_factory=dict)


def parse_events(body: bytes, wire_format: WireFormat) -> EventBatch:
    """The events in a request body; one that breaks a rule is rejected with the reason, and spares the others.

    Raises `MalformedBody` if the body is not UTF-8, is not JSON, holds no event or more than `events_per_request_max`.
    """
    if not body.isascii():
        _require_utf8(body)
    try:
        batch = EventBatch(wire_format, body, _parse_all(body, wire_format))
    except REFUSED:
        batch = _parse_each(body, wire_format)
    if not batch.events:
        raise MalformedBody("The request holds no event; send at least one")
    _require_few(len(batch.events))
    _reject_faulty(batch)
    return batch


def stored_events(body: bytes, wire_format: WireFormat) -> list[WireEvent | None]:
    """The events of a body that was accepted before, in the order sent, fast.

    What was rejected is None or any event: the stored block says which ordinals to skip.
    """
    try:
        return _parse_all(body, wire_format)
    except REFUSED:
        return _parse_each(body, wire_format).events


def item_bytes(body: bytes, wire_format: WireFormat) -> list[bytes]:
    """The bytes of each event in a body, as sent. Raises `MalformedBody`."""
    if wire_format is WireFormat.NDJSON:
        return lines(body)
    if wire_format is WireFormat.CLOUDEVENTS or (wire_format is WireFormat.JSON and is_array(body)):
        return array_items(body)
    return [body] if body.strip() else []


_EVENT = msgspec.json.Decoder(WireEvent)
_EVENT_LIST = msgspec.json.Decoder(list[WireEvent])
_CLOUD_EVENT = msgspec.json.Decoder(CloudEvent)
_CLOUD_EVENT_LIST = msgspec.json.Decoder(list[CloudEvent])
_CLOUD_FORMATS = frozenset({WireFormat.CLOUDEVENT, WireFormat.CLOUDEVENTS})
REFUSED = (msgspec.DecodeError, InvalidValue, RecursionError, UnicodeDecodeError)


def _require_utf8(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise MalformedBody(f"The body is not UTF-8: {error.reason} at byte {error.start}") from None
    # RFC 8259, section 8.1: nobody may send one. Bodies are kept as sent, so it cannot be taken away here.
    if body.startswith(BOM_UTF8):
        raise MalformedBody("The body begins with a byte order mark, which is no JSON; send it without these 3 bytes")


def _require_few(count: int) -> None:
    if count > events_per_request_max:
        raise MalformedBody(f"{count} events in one request; send at most {events_per_request_max}")


def _parse_all(body: bytes, wire_format: WireFormat) -> list[WireEvent | None]:
    match wire_format:
        case WireFormat.NDJSON:
            # Not decode_lines, which takes any white space between events for the end of a line.
            return [_EVENT.decode(line) for line in lines(body)]
        case WireFormat.CLOUDEVENT:
            return [_CLOUD_EVENT.decode(body).to_wire()]
        case WireFormat.CLOUDEVENTS:
            return [event.to_wire() for event in _CLOUD_EVENT_LIST.decode(body)]
        case WireFormat.JSON:
            return list(_EVENT_LIST.decode(body)) if is_array(body) else [_EVENT.decode(body)]


def _parse_each(body: bytes, wire_format: WireFormat) -> EventBatch:
    """The slow road: item by item, so that a bad one is named and the others are taken."""
    items = item_bytes(body, wire_format)
    _require_few(len(items))
    parse = _one_parser(wire_format)
    batch = EventBatch(wire_format, body, [])
    for ordinal, item in enumerate(items):
        try:
            batch.events.append(parse(item))
        except REFUSED as error:
            batch.events.append(None)
            batch.rejected[ordinal] = _reason(error, item, ordinal, wire_format)
    return batch


def _one_parser(wire_format: WireFormat) -> Callable[[bytes], WireEvent]:
    if wire_format in _CLOUD_FORMATS:
        return lambda item: _CLOUD_EVENT.decode(item).to_wire()
    return _EVENT.decode


def _struct(wire_format: WireFormat) -> type[WireEvent] | type[CloudEvent]:
    return CloudEvent if wire_format in _CLOUD_FORMATS else WireEvent


def _reason(error: Exception, item: bytes, ordinal: int, wire_format: WireFormat) -> str:
    """Why one event was refused. Raises `MalformedBody` where it is no JSON at all, unless it has a line of its own."""
    if isinstance(error, InvalidValue):
        return str(error)
    # The decoder stops at the first fault it meets, so what follows may be anything.
    if isinstance(error, msgspec.ValidationError) and is_json(item):
        return reason_for(error, item, _struct(wire_format))
    try:
        return fault_in(item) or str(error)
    except ValueError:
        if wire_format is WireFormat.NDJSON:
            return f"the line is not JSON: {error}"
        raise MalformedBody(f"events[{ordinal}] is not JSON: {error}") from None


def _reject_faulty(batch: EventBatch) -> None:
    """Refuse what the decoder lets through: NUL, deep nesting, years out of range."""
    body, events = batch.body, batch.events
    faults = list(_year_faults(batch))
    if body.count(b"[") + body.count(b"{") >= _brackets_min(events) + nesting_max - 1:
        faults += _depth_faults(events)
    if b"\\u0000" in body:
        faults += _nul_faults(batch)
    for ordinal, fault in faults:
        batch.rejected.setdefault(ordinal, fault)
        events[ordinal] = None


def _brackets_min(events: list[WireEvent | None]) -> int:
    """How many brackets `events` open at least: their own, and those of properties that are not empty."""
    properties = [event.properties for event in events if event is not None]
    return 2 * len(properties) - properties.count({})


def _depth_faults(events: list[WireEvent | None]) -> Iterator[tuple[int, str]]:
    for ordinal, event in enumerate(events):
        if event is not None and any(is_value_too_deep(value) for value in event.properties.values()):
            yield ordinal, too_deep


def _nul_faults(batch: EventBatch) -> Iterator[tuple[int, str]]:
    for ordinal, (item, event) in enumerate(zip(item_bytes(batch.body, batch.format), batch.events, strict=True)):
        if event is not None and b"\\u0000" in item and (fault := fault_in(item)):
            yield ordinal, fault


def _year_faults(batch: EventBatch) -> Iterator[tuple[int, str]]:
    years = {event.occurred_at.year for event in batch.events if event is not None}
    if not years or (EARLIEST.year < min(years) and max(years) < LATEST.year):
        return
    name = "occurred_at" if batch.format in {WireFormat.JSON, WireFormat.NDJSON} else "time"
    for ordinal, event in enumerate(batch.events):
        if event is not None and not EARLIEST.year < event.occurred_at.year < LATEST.year:
            span = f"{EARLIEST.year + 1} to {LATEST.year - 1}"
            yield ordinal, f"`{name}` {event.occurred_at.isoformat()} is outside the years {span}"
