"""Events as senders write them: parsed fast where all is well, one by one where something is not."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from gateway.core.errors import InvalidValue
from gateway.core.time import EARLIEST, LATEST

events_per_request_max = 10_000
nesting_max = 64
name_length_max = 255

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=name_length_max)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]

_UNSAFE_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_KEEP_ESCAPE = re.compile(rb"\\(?:[^u]|u[0-9a-fA-F]{4})")


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

    def to_wire(self) -> WireEvent:
        """The same event under our names. Raises `InvalidValue` for another version of CloudEvents."""
        if self.specversion != "1.0":
            raise InvalidValue(f'`specversion` {self.specversion!r} is not supported; send "1.0"')
        return WireEvent(self.source, self.id, self.type, self.subject, self.time, self.subscription, self.data)


class MalformedBody(InvalidValue):
    """A body that cannot be split into events at all."""

    code = "MALFORMED_BODY"


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
    except (msgspec.ValidationError, InvalidValue, RecursionError, UnicodeDecodeError):
        batch = _parse_each(body, wire_format)
    except msgspec.DecodeError as error:
        if wire_format is not WireFormat.NDJSON:
            raise MalformedBody(str(error)) from None
        batch = _parse_each(body, wire_format)
    if not batch.events:
        raise MalformedBody("The request holds no event; send at least one")
    if len(batch.events) > events_per_request_max:
        raise MalformedBody(f"{len(batch.events)} events in one request; send at most {events_per_request_max}")
    _reject_faulty(batch)
    return batch


def stored_events(body: bytes, wire_format: WireFormat) -> list[WireEvent | None]:
    """The events of a body that was accepted before, in the order sent; None where one was rejected."""
    try:
        return list(_parse_all(body, wire_format))
    except (msgspec.DecodeError, InvalidValue, RecursionError, UnicodeDecodeError):
        return _parse_each(body, wire_format).events


def item_bytes(body: bytes, wire_format: WireFormat) -> list[bytes]:
    """The bytes of each event in a body, as sent."""
    if wire_format is WireFormat.NDJSON:
        return [line for line in body.split(b"\n") if line.strip()]
    if _is_array(body):
        return [bytes(item) for item in _RAW_LIST.decode(body)]
    return [body]


_RAW_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_EVENT = msgspec.json.Decoder(WireEvent)
_EVENT_LIST = msgspec.json.Decoder(list[WireEvent])
_CLOUD_EVENT = msgspec.json.Decoder(CloudEvent)
_CLOUD_EVENT_LIST = msgspec.json.Decoder(list[CloudEvent])


def _is_array(body: bytes) -> bool:
    return body.lstrip(b" \t\r\n")[:1] == b"["


def _require_utf8(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise MalformedBody(f"The body is not UTF-8: {error.reason} at byte {error.start}") from None


def _parse_all(body: bytes, wire_format: WireFormat) -> list[WireEvent | None]:
    match wire_format:
        case WireFormat.NDJSON:
            return list(_EVENT.decode_lines(body))
        case WireFormat.CLOUDEVENT:
            return [_CLOUD_EVENT.decode(body).to_wire()]
        case WireFormat.CLOUDEVENTS:
            return [event.to_wire() for event in _CLOUD_EVENT_LIST.decode(body)]
        case WireFormat.JSON:
            return list(_EVENT_LIST.decode(body)) if _is_array(body) else [_EVENT.decode(body)]


def _parse_each(body: bytes, wire_format: WireFormat) -> EventBatch:
    """The slow road: item by item, so that a bad one is named and the others are taken."""
    try:
        items = item_bytes(body, wire_format)
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedBody(f"The body cannot be split into events: {error}") from None
    parse = _one_parser(wire_format)
    batch = EventBatch(wire_format, body, [])
    for ordinal, item in enumerate(items):
        try:
            batch.events.append(parse(item))
        except RecursionError:
            batch.events.append(None)
            batch.rejected[ordinal] = f"`properties` is nested more than {nesting_max} levels deep"
        except (msgspec.DecodeError, InvalidValue, UnicodeDecodeError) as error:
            batch.events.append(None)
            batch.rejected[ordinal] = str(error)
    return batch


def _one_parser(wire_format: WireFormat) -> Callable[[bytes], WireEvent]:
    if wire_format in {WireFormat.CLOUDEVENT, WireFormat.CLOUDEVENTS}:
        return lambda item: _CLOUD_EVENT.decode(item).to_wire()
    return _EVENT.decode


def _reject_faulty(batch: EventBatch) -> None:
    """Refuse what the decoder lets through: unsafe escapes, deep nesting, years out of range."""
    body, events = batch.body, batch.events
    is_suspicious = (
        (b"\\u" in body and _UNSAFE_ESCAPE.search(body))
        or body.count(b"[") + body.count(b"{") > 2 * len(events) + 1 + nesting_max
    )  # fmt: skip
    faults = _item_faults(batch) if is_suspicious else ()
    for ordinal, fault in (*faults, *_year_faults(events)):
        batch.rejected.setdefault(ordinal, fault)
        events[ordinal] = None


def _item_faults(batch: EventBatch) -> Iterator[tuple[int, str]]:
    for ordinal, (item, event) in enumerate(zip(item_bytes(batch.body, batch.format), batch.events, strict=True)):
        if event is None:
            continue
        if _has_unsafe_escape(item):
            yield ordinal, "a text holds NUL or half of a surrogate pair, which no text can"
        elif any(_depth(bytes(value)) > nesting_max for value in event.properties.values()):
            yield ordinal, f"`properties` is nested more than {nesting_max} levels deep"


def _has_unsafe_escape(item: bytes) -> bool:
    """Whether a text escapes NUL or a lone surrogate; the decoder checks only the texts it reads."""
    if not _UNSAFE_ESCAPE.search(item):
        return False
    escapes = [found[2:].lower() for found in _KEEP_ESCAPE.findall(item) if found[1:2] == b"u"]
    if b"0000" in escapes:
        return True
    try:
        msgspec.json.decode(item)
    except msgspec.DecodeError:
        return True
    return False


def _depth(value: bytes) -> int:
    """How deep arrays and objects nest in one JSON value."""
    if value.count(b"[") + value.count(b"{") <= nesting_max:
        return 0
    depth = deepest = 0
    for token in re.finditer(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', value):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token.group(), 0)
        deepest = max(deepest, depth)
    return deepest


def _year_faults(events: list[WireEvent | None]) -> Iterator[tuple[int, str]]:
    years = {event.occurred_at.year for event in events if event is not None}
    if years and EARLIEST.year < min(years) and max(years) < LATEST.year:
        return
    for ordinal, event in enumerate(events):
        if event is not None and not EARLIEST.year < event.occurred_at.year < LATEST.year:
            span = f"{EARLIEST.year + 1} to {LATEST.year - 1}"
            yield ordinal, f"`occurred_at` {event.occurred_at.isoformat()} is outside the years {span}"
