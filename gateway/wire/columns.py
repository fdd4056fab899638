"""The log's blocks as columns for a recount: of each event what meters read, and no more."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import compress
from operator import attrgetter, itemgetter
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import astuple

from gateway.core.events import PropertyValue
from gateway.core.metering.columns import EventColumns, PropertiesRead
from gateway.core.metering.values import property_value
from gateway.core.numbers import json_number
from gateway.core.ports.event_log import EventBlock
from gateway.wire import payload
from gateway.wire.events import REFUSED, WireEvent, WireFormat, stored_events
from gateway.wire.items import is_array, lines

# So few stay in the processor's cache while their columns are made and counted.
_events_per_slice = 200

LeanEvent = Any
"""An event: `type`, `customer`, `subscription`, `occurred_at` and `properties`, a field for each that is read."""

# In the names of its fields the decoder does not take these.
_UNNAMEABLE = re.compile(r'["\\\x00-\x1f]')
_CLOUD_NAMES = {"customer": "subject", "occurred_at": "time", "properties": "data"}


class LeanEvents:
    """Decodes bodies that were accepted before, of each event no more than these properties."""

    def __init__(self, names: Collection[str]) -> None:
        paths = {name for name in names if "." in name}
        known = sorted({*names, *(name.partition(".")[0] for name in paths)})
        self._fields = {name: f"p{number}" for number, name in enumerate(known)}
        self._is_able = not any(map(_UNNAMEABLE.search, known))
        self._properties = msgspec.defstruct(
            "Properties",
            [(field, Any, UNSET if name in paths else None) for name, field in self._fields.items()],
            rename={field: name for name, field in self._fields.items()} if self._is_able else None,
            gc=False,
        )
        self._event = self._struct({})
        self._one, self._many = _decoders(self._event)
        self._one_cloud, self._many_cloud = _decoders(self._struct(_CLOUD_NAMES))

    def decode(self, body: bytes, wire_format: WireFormat) -> list[LeanEvent | None]:
        """The events of a body, in the order sent; what was rejected is None or any event."""
        if self._is_able:
            try:
                return self._decode(body, wire_format)
            except REFUSED:
                pass  # something was rejected, or is a number that this decoder does not take
        return [None if event is None else self._lean(event) for event in stored_events(body, wire_format)]

    def column(self, name: str, properties: Sequence[Any]) -> list[PropertyValue]:
        """The values of a property."""
        values = list(map(attrgetter(self._fields[name]), properties))
        if "." not in name:
            return values
        outermost = name.partition(".")[0]
        outer = map(attrgetter(self._fields[outermost]), properties)
        return [
            property_value({outermost: around} if value is UNSET else {name: value}, name)
            for value, around in zip(values, outer, strict=True)
        ]

    def _struct(self, names: Mapping[str, str]) -> type[msgspec.Struct]:
        fields: list[tuple[str, Any] | tuple[str, Any, Any]] = [
            ("type", str),
            ("customer", str),
            ("occurred_at", datetime),
            ("subscription", str | None, None),
            ("properties", self._properties, msgspec.field(default_factory=self._properties)),
        ]
        return msgspec.defstruct("Event", fields, rename=dict(names), gc=False)

    def _decode(self, body: bytes, wire_format: WireFormat) -> list[LeanEvent | None]:
        match wire_format:
            case WireFormat.NDJSON:
                return [self._one.decode(line) for line in lines(body)]
            case WireFormat.CLOUDEVENT:
                return [self._one_cloud.decode(body)]
            case WireFormat.CLOUDEVENTS:
                return list(self._many_cloud.decode(body))
            case WireFormat.JSON:
                return list(self._many.decode(body)) if is_array(body) else [self._one.decode(body)]

    def _lean(self, event: WireEvent) -> LeanEvent:
        fields = self._fields
        read = {fields[name]: payload.property_value(raw) for name, raw in event.properties.items() if name in fields}
        return self._event(event.type, event.customer, event.occurred_at, event.subscription, self._properties(**read))


def _decoders(event: Any) -> tuple[Any, Any]:
    """Decoders of one event, and of a list of them, with exact numbers."""
    return msgspec.json.Decoder(event, float_hook=json_number), msgspec.json.Decoder(
        list[event], float_hook=json_number
    )


class ColumnReader:
    """Reads the log for a recount that counts these properties by event type, up to and without some positions."""

    def __init__(self, read: PropertiesRead, after: int, up_to: int, corrected: frozenset[int]) -> None:
        self._read = read
        self._first, self._last = after + 1, up_to
        self._corrected = corrected
        self._events = LeanEvents({name for names in read.values() for name in names})

    def columns(self, blocks: Iterable[EventBlock]) -> Iterator[EventColumns]:
        """The events in blocks, those of each type in order."""
        for positions, events in self._slices(blocks):
            rows = list(map(astuple, events))
            types = set(map(_type, rows))
            for event_type in self._read.keys() & types:
                if len(types) == 1:
                    yield self._columns(event_type, positions, rows)
                else:
                    is_it = [row[0] == event_type for row in rows]
                    yield self._columns(event_type, list(compress(positions, is_it)), list(compress(rows, is_it)))

    def _slices(self, blocks: Iterable[EventBlock]) -> Iterator[tuple[Sequence[int], Sequence[LeanEvent]]]:
        """The events that count, with their positions, some at a time."""
        positions: list[int] = []
        events: list[LeanEvent] = []
        for block in blocks:
            kept = self._kept(block)
            positions += kept[0]
            events += kept[1]
            if len(events) >= _events_per_slice:
                yield positions, events
                positions, events = [], []
        yield positions, events

    def _kept(self, block: EventBlock) -> tuple[Sequence[int], Sequence[LeanEvent]]:
        """The events of a block that count, with their positions."""
        events = self._events.decode(block.body, WireFormat(block.format))
        if block.skipped:
            skipped = frozenset(block.skipped)
            events = [event for ordinal, event in enumerate(events) if ordinal not in skipped]
        found = len(events)
        assert found == block.count, f"the block at {block.first_position} holds {found} events, not {block.count}"
        positions = range(block.first_position, block.last_position + 1)
        is_inside = self._first <= block.first_position and block.last_position <= self._last
        if is_inside and (not self._corrected or self._corrected.isdisjoint(positions)):
            return positions, events
        counts = [self._first <= each <= self._last and each not in self._corrected for each in positions]
        return list(compress(positions, counts)), list(compress(events, counts))

    def _columns(self, event_type: str, positions: Sequence[int], rows: Sequence[tuple[Any, ...]]) -> EventColumns:
        _, customers, instants, subscriptions, properties = zip(*rows, strict=True)
        return EventColumns(
            event_type=event_type,
            positions=positions,
            customers=customers,
            subscriptions=subscriptions,
            instants=[at if at.tzinfo is UTC else at.astimezone(UTC) for at in instants],
            properties={name: self._events.column(name, properties) for name in self._read[event_type]},
        )


_type = itemgetter(0)
