"""Events side by side: the columns that a recount reads, with no object for each event."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from gateway.core.events import LoggedEvent, PropertyValue
from gateway.core.metering.meter import Meter
from gateway.core.metering.values import Properties, properties_of, property_value

_events_per_slice = 1_000

PropertiesRead = Mapping[str, Sequence[str]]
"""The properties that meters read, by event type; types that no meter reads are not there."""


@dataclass(frozen=True, slots=True)
class EventColumns:
    """Events of one type: an ordinal is a place in every column. `properties` holds those that meters read."""

    event_type: str
    positions: Sequence[int]
    customers: Sequence[str]
    subscriptions: Sequence[str | None]
    instants: Sequence[datetime]
    properties: Mapping[str, Sequence[PropertyValue]]

    def properties_at(self, ordinal: int, names: Iterable[str]) -> Properties:
        """The properties of one event."""
        return {name: self.properties[name][ordinal] for name in names}


def properties_read(meters: Iterable[Meter]) -> dict[str, tuple[str, ...]]:
    """What any version of these meters reads."""
    read: dict[str, dict[str, None]] = {}
    for meter in meters:
        for version in meter.versions:
            read.setdefault(version.event_type, {}).update(dict.fromkeys(properties_of(version)))
    return {event_type: tuple(names) for event_type, names in read.items()}


def columns_of(events: Iterable[LoggedEvent], read: PropertiesRead) -> Iterator[EventColumns]:
    """The columns of events, in their order for each type."""
    ahead = iter(events)
    while sliced := list(islice(ahead, _events_per_slice)):
        by_type: dict[str, list[LoggedEvent]] = {}
        for logged in sliced:
            by_type.setdefault(logged.event.type, []).append(logged)
        for event_type in by_type.keys() & read.keys():
            yield _columns(event_type, by_type[event_type], read[event_type])


def _columns(event_type: str, logged: Sequence[LoggedEvent], names: Iterable[str]) -> EventColumns:
    events = [each.event for each in logged]
    return EventColumns(
        event_type=event_type,
        positions=[each.position for each in logged],
        customers=tuple(event.customer for event in events),
        subscriptions=tuple(event.subscription for event in events),
        instants=[event.occurred_at for event in events],
        properties={name: [property_value(event.properties, name) for event in events] for name in names},
    )
