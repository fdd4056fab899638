"""Which counts events of one type go into: a pure function of time, subscription named and deciding properties."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from gateway.core.events import PropertyValue
from gateway.core.metering.aggregations import adds_up
from gateway.core.metering.columns import EventColumns
from gateway.core.metering.counts import CountingScope
from gateway.core.metering.meter import Dimensions, Meter, MeterVersion
from gateway.core.metering.timeline import NumberedScope
from gateway.core.metering.values import dimension_values, matches, reading_of, scalar_text

Texts = str | None | tuple[str | None, ...]
"""The properties that decide whether an event counts, and by which dimension values: one, or several."""


# No event and no filter has a NUL.
_ANY_OTHER = "\0"


class Counted(NamedTuple):
    """How a meter version counts events: by which dimension values, and by which reading, if any, by its number.

    Where a number of events and a total say it all, nothing `is_folded` event by event.
    """

    version: MeterVersion
    dimensions: Dimensions
    reading: int | None
    is_folded: bool


class Target(NamedTuple):
    """A count that events go into, of the scope with this number; what `is_carried` occurred before its period."""

    scope: int
    counted: Counted
    is_carried: bool


class TypeRules:
    """What the meters of a recount make of one event type; `readings` is what they read as values."""

    def __init__(self, event_type: str, meters: Sequence[Meter]) -> None:
        versions = [each for meter in meters for each in meter.versions if each.event_type == event_type]
        readings = {id(version): reading_of(version) for version in versions}
        self.readings = tuple(dict.fromkeys(reading for reading in readings.values() if reading is not None))
        self._event_type = event_type
        self._names = tuple(dict.fromkeys(name for version in versions for name in version.deciding_properties))
        self._told_apart = {name: _told_apart(name, versions) for name in self._names}
        self._numbers = {
            version: None if reading is None else self.readings.index(reading) for version, reading in readings.items()
        }
        self._known: dict[tuple[int, bool, Texts], Counted | None] = {}

    def texts(self, columns: EventColumns) -> Sequence[Texts]:
        """The deciding properties of each event."""
        found = [_texts(columns.properties[name], self._told_apart[name]) for name in self._names]
        if len(found) == 1:
            return found[0]
        return list(zip(*found, strict=True)) if found else [None] * len(columns.positions)

    def targets(self, scopes: Sequence[NumberedScope], at: datetime, named: str | None, texts: Texts) -> list[Target]:
        """The counts of these scopes that take events of an instant with such a name and such texts."""
        return [
            Target(number, counted, at < scope.period.start)
            for number, scope in scopes
            if scope.takes(named)
            for version in self._versions(scope, at)
            if (counted := self._counted(version, version.key in scope.by_transaction, texts)) is not None
        ]

    def _versions(self, scope: CountingScope, at: datetime) -> Iterator[MeterVersion]:
        for meter in scope.meters:
            version = scope.version_at(meter, self._event_type, at)
            if version is not None:
                yield version

    def _counted(self, version: MeterVersion, is_by_transaction: bool, texts: Texts) -> Counted | None:
        """How events with these texts are counted; None if the meter's filters leave them out."""
        key = (id(version), is_by_transaction, texts)
        if key not in self._known:
            values = texts if isinstance(texts, tuple) else (texts,)
            named = dict(zip(self._names, values, strict=False))
            is_counted = matches(version, named)
            self._known[key] = self._new(version, is_by_transaction, named) if is_counted else None
        return self._known[key]

    def _new(self, version: MeterVersion, is_by_transaction: bool, named: dict[str, str | None]) -> Counted:
        number = self._numbers[id(version)]
        is_added = number is None or (not is_by_transaction and self.readings[number].expression is None)
        return Counted(version, dimension_values(version, named), number, not (is_added and adds_up(version)))


def _told_apart(name: str, versions: Sequence[MeterVersion]) -> frozenset[str] | None:
    """The texts of a property that make a difference; None for a dimension, where all of them do."""
    if any(name in version.dimensions for version in versions):
        return None
    rules = [rule for version in versions for rules in (version.filters, *version.excludes) for rule in rules]
    return frozenset(text for rule in rules if rule.property == name for text in rule.values)


def _texts(values: Sequence[PropertyValue], told_apart: frozenset[str] | None) -> list[str | None]:
    texts = [value if type(value) is str else scalar_text(value) for value in values]
    if told_apart is None:
        return texts
    return [text if text is None or text in told_apart else _ANY_OTHER for text in texts]
