"""Which counts events of one type go into: a pure function of time, subscription named and deciding properties."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, cast

from gateway.core.events import PropertyValue
from gateway.core.metering.aggregations import additive_of
from gateway.core.metering.columns import EventColumns
from gateway.core.metering.counts import CountingScope
from gateway.core.metering.folds import Additive
from gateway.core.metering.groups import Kind
from gateway.core.metering.meter import Dimensions, MeterVersion
from gateway.core.metering.timeline import Slot
from gateway.core.metering.values import dimension_values, matches, reading_of, scalar_text

# No event and no filter has a NUL.
_ANY_OTHER = "\0"


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """How a meter version counts events: for which place, and by which reading, if any, by its number.

    `additive` is the fold for which their number and the total of their values are all; without it, one sees each.
    """

    version: MeterVersion
    reading: int | None
    additive: type[Additive] | None
    place: tuple[str, int, Dimensions]
    """What tells counts of a scope apart: meter, version and dimension values."""


class Taker(NamedTuple):
    """The scope with this number takes events of a slot into the counts that `counted` has for their kind.

    What `is_carried` occurred before its period.
    """

    number: int
    scope: CountingScope
    counted: Mapping[Kind, Sequence[Counted]]
    is_carried: bool


class TypeRules:
    """What the meters of some scopes make of one event type.

    `readings` is what they read as values. Of these, by their numbers, some are `totaled` for a count that adds up, and
    some are `folded` event by event for any other.
    """

    def __init__(self, event_type: str, scopes: Sequence[CountingScope]) -> None:
        uses = _uses(event_type, scopes)
        versions = {id(version): version for version, _ in uses}
        readings = {name: reading_of(version) for name, version in versions.items()}
        self.readings = tuple(dict.fromkeys(reading for reading in readings.values() if reading is not None))
        self._event_type = event_type
        self._names = tuple(dict.fromkeys(name for each in versions.values() for name in each.deciding_properties))
        self._told_apart = {name: _told_apart(name, versions.values()) for name in self._names}
        self._numbers = {
            name: None if reading is None else self.readings.index(reading) for name, reading in readings.items()
        }
        read = [(self._numbers[id(use.version)], self._additive(*use)) for use in uses]
        self.totaled = sorted({reading for reading, additive in read if reading is not None and additive})
        self.folded = sorted({reading for reading, additive in read if reading is not None and not additive})
        self._in_force: dict[tuple[int, frozenset[str], datetime], _CountedByKind] = {}
        self._counted: dict[tuple[tuple[int, ...], frozenset[str]], _CountedByKind] = {}
        self._known: dict[tuple[int, bool, Dimensions], Counted] = {}

    def kinds(self, columns: EventColumns) -> Iterable[Kind]:
        """The kind of each event."""
        texts = [_texts(columns.properties[name], self._told_apart[name]) for name in self._names]
        return zip(columns.subscriptions, *texts, strict=True)

    def takers(self, slot: Slot) -> list[Taker]:
        """What takes the events of a slot."""
        return [
            Taker(number, scope, self._counted_by(scope, slot.start), slot.start < scope.period.start)
            for number, scope in slot.scopes
        ]

    def counted(self, version: MeterVersion, by_transaction: frozenset[str], kind: Kind) -> Counted | None:
        """How events of a kind are counted, if the meter's filters let them through.

        It is one object for all that go into the same count of a scope.
        """
        texts = dict(zip(self._names, kind[1:], strict=True))
        if not matches(version, texts):
            return None
        dimensions, additive = dimension_values(version, texts), self._additive(version, by_transaction)
        place = (version.key, version.version, dimensions)
        counted = Counted(version, self._numbers[id(version)], additive, place)
        return self._known.setdefault((id(version), additive is None, dimensions), counted)

    def _counted_by(self, scope: CountingScope, at: datetime) -> "_CountedByKind":
        """How a scope counts what occurred at an instant."""
        if at < scope.period.start:
            return self._counted_by_versions(scope, at)
        # Within their periods, scopes with the same meters count alike.
        key = (id(scope.meters), scope.by_transaction, at)
        found = self._in_force.get(key)
        if found is None:
            found = self._in_force[key] = self._counted_by_versions(scope, at)
        return found

    def _counted_by_versions(self, scope: CountingScope, at: datetime) -> "_CountedByKind":
        """The same, found by the versions in force: for equal ones it is one object."""
        read = (scope.version_at(meter, self._event_type, at) for meter in scope.meters)
        versions = [version for version in read if version is not None]
        counted = _CountedByKind(self, versions, scope.by_transaction)
        return self._counted.setdefault((tuple(map(id, versions)), scope.by_transaction), counted)

    def _additive(self, version: MeterVersion, by_transaction: frozenset[str]) -> type[Additive] | None:
        number = self._numbers[id(version)]
        is_read_singly = number is not None and (
            version.key in by_transaction or self.readings[number].expression is not None
        )
        return None if is_read_singly else additive_of(version)


class _Use(NamedTuple):
    """A meter version, and the meters of a scope that has it which are rated by transaction."""

    version: MeterVersion
    by_transaction: frozenset[str]


def _uses(event_type: str, scopes: Sequence[CountingScope]) -> list[_Use]:
    """The versions that read events of a type. Thousands of scopes share their meters."""
    different = {(id(scope.meters), scope.by_transaction): scope for scope in scopes}.values()
    return [
        _Use(version, scope.by_transaction)
        for scope in different
        for meter in scope.meters
        for version in meter.versions
        if version.event_type == event_type
    ]


class _CountedByKind(dict[Kind, Sequence[Counted]]):
    """How some versions of meters count the events of each kind."""

    def __init__(self, rules: TypeRules, versions: Sequence[MeterVersion], by_transaction: frozenset[str]) -> None:
        super().__init__()
        self._rules = rules
        self._versions = versions
        self._by_transaction = by_transaction

    def __missing__(self, kind: Kind) -> Sequence[Counted]:
        found = (self._rules.counted(version, self._by_transaction, kind) for version in self._versions)
        counted = self[kind] = [each for each in found if each is not None]
        return counted


def _told_apart(name: str, versions: Collection[MeterVersion]) -> frozenset[str] | None:
    """The texts of a property that make a difference; None for a dimension, where all of them do."""
    if any(name in version.dimensions for version in versions):
        return None
    rules = [rule for version in versions for rules in (version.filters, *version.excludes) for rule in rules]
    return frozenset(text for rule in rules if rule.property == name for text in rule.values)


def _texts(values: Sequence[PropertyValue], told_apart: frozenset[str] | None) -> Sequence[str | None]:
    if set(map(type, values)) == {str}:
        texts = cast(Sequence[str | None], values)
    else:
        texts = [value if type(value) is str else scalar_text(value) for value in values]
    if told_apart is None:
        return texts
    return [text if text is None or text in told_apart else _ANY_OTHER for text in texts]
