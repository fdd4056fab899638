"""Events of one type, gathered by all that decides where they are counted.

What adds up is kept as a number of events and a total for each group; for every other aggregation a fold sees each
event.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from gateway.core.metering.aggregations import fold_of
from gateway.core.metering.columns import EventColumns
from gateway.core.metering.counts import CountingScope
from gateway.core.metering.meter import UncountableReason
from gateway.core.metering.partials import Partial
from gateway.core.metering.targets import Counted, Target, Texts, TypeRules
from gateway.core.metering.timeline import Timeline
from gateway.core.metering.values import number_read, value_read
from gateway.core.numbers import exact, meter_digits_before_max

GroupKey = tuple[int, str | None, Texts]
"""The slot of the customer's timeline, the subscription that the events name, and their deciding properties."""

_NOWHERE = 0
_integer_max = 10**meter_digits_before_max - 1
_integer_min = -_integer_max


class LeftOut(NamedTuple):
    """An event whose value, by the reading of this number, cannot be counted."""

    reading: int
    position: int
    reason: UncountableReason


@dataclass(slots=True)
class Gathered:
    """What was gathered, by the number of the group: plain values, which go from process to process.

    `totals` are by reading first. `partials` are the folds of those of a group's targets that need one, in their order.
    """

    keys: list[tuple[str, GroupKey]]
    first_positions: list[int]
    events: list[int]
    totals: list[list[int | Decimal]]
    partials: dict[int, list[Partial]] = field(default_factory=dict)
    left_out: dict[int, list[LeftOut]] = field(default_factory=dict)


class Gathering:
    """The groups of one event type in progress. The first one is of the events that are counted nowhere."""

    def __init__(self, rules: TypeRules, scopes: Sequence[CountingScope], timelines: Mapping[str, Timeline]) -> None:
        self._rules = rules
        self._scopes = scopes
        self._timelines = timelines
        self._numbers: dict[str, dict[GroupKey, int]] = {customer: {} for customer in timelines}
        self._places = {customer: (timeline.cuts, self._numbers[customer]) for customer, timeline in timelines.items()}
        self._totaled: set[int] = set()
        self._folded: list[dict[int, list[Partial]]] = [{} for _ in rules.readings]
        self.targets: list[Sequence[Target]] = [()]
        """The counts that each group goes into."""
        self.gathered = Gathered([("", (0, None, None))], [0], [0], [[0] for _ in rules.readings])

    @exact
    def add(self, columns: EventColumns) -> None:
        """Gather events of the type."""
        groups = self._groups_of(columns)
        for reading in self._totaled:
            self._add_totals(reading, groups, columns)
        for reading, partials in enumerate(self._folded):
            if partials:
                self._fold(reading, groups, columns)

    @exact
    def merge(self, other: Gathered) -> None:
        """Take in what was gathered elsewhere, of other events."""
        mine = self.gathered
        groups = [_NOWHERE]
        for (customer, key), position in zip(other.keys[1:], other.first_positions[1:], strict=True):
            group = self._numbers[customer].get(key)
            groups.append(self._open(customer, key, position) if group is None else group)
        for group, position, events in zip(groups, other.first_positions, other.events, strict=True):
            mine.first_positions[group] = min(mine.first_positions[group], position)
            mine.events[group] += events
        for totals, theirs in zip(mine.totals, other.totals, strict=True):
            for group, total in zip(groups, theirs, strict=True):
                totals[group] += total
        for number, partials in other.partials.items():
            for partial, their in zip(mine.partials[groups[number]], partials, strict=True):
                partial.merge(their)
        for number, left_out in other.left_out.items():
            mine.left_out.setdefault(groups[number], []).extend(left_out)

    def _groups_of(self, columns: EventColumns) -> list[int]:
        """The group of each event, counted as one event more of it."""
        places, events = self._places, self.gathered.events
        texts = self._rules.texts(columns)
        groups: list[int] = []
        for customer, named, at, deciding, position in zip(
            columns.customers, columns.subscriptions, columns.instants, texts, columns.positions, strict=True
        ):
            place = places.get(customer)
            if place is None:
                groups.append(_NOWHERE)
                continue
            cuts, numbers = place
            key = (bisect_right(cuts, at), named, deciding)
            group = numbers.get(key)
            if group is None:
                group = self._open(customer, key, position)
            events[group] += 1
            groups.append(group)
        return groups

    def _open(self, customer: str, key: GroupKey, position: int) -> int:
        """A new group, or that of what is counted nowhere."""
        slot, named, texts = key
        timeline = self._timelines[customer]
        targets = self._rules.targets(timeline.scopes[slot], timeline.cuts[slot - 1], named, texts)
        group = self._numbers[customer][key] = len(self.targets) if targets else _NOWHERE
        if targets:
            self._add_group(customer, key, position, targets)
        return group

    def _add_group(self, customer: str, key: GroupKey, position: int, targets: Sequence[Target]) -> None:
        group = len(self.targets)
        mine = self.gathered
        self.targets.append(targets)
        mine.keys.append((customer, key))
        mine.first_positions.append(position)
        mine.events.append(0)
        for totals in mine.totals:
            totals.append(0)
        for number, counted, _ in targets:
            if counted.is_folded and counted.reading is not None:
                partial = self._partial(number, counted)
                mine.partials.setdefault(group, []).append(partial)
                self._folded[counted.reading].setdefault(group, []).append(partial)
            elif counted.reading is not None:
                self._totaled.add(counted.reading)

    def _partial(self, number: int, counted: Counted) -> Partial:
        scope = self._scopes[number]
        return Partial(fold_of(counted.version, scope), counted.version.key in scope.by_transaction)

    def _add_totals(self, number: int, groups: Sequence[int], columns: EventColumns) -> None:
        reading = self._rules.readings[number]
        assert reading.value_property is not None, "what an expression comes to is folded"
        totals = self.gathered.totals[number]
        values = columns.properties[reading.value_property]
        for group, value, position in zip(groups, values, columns.positions, strict=True):
            if type(value) is int and _integer_min <= value <= _integer_max:
                totals[group] += value
            elif any(target.counted.reading == number for target in self.targets[group]):
                found = number_read(value)
                if isinstance(found, UncountableReason):
                    self._leave_out(group, LeftOut(number, position, found))
                else:
                    totals[group] += found

    def _fold(self, number: int, groups: Sequence[int], columns: EventColumns) -> None:
        reading, folded = self._rules.readings[number], self._folded[number]
        for ordinal, group in enumerate(groups):
            partials = folded.get(group)
            if partials is None:
                continue
            value = value_read(reading, columns.properties_at(ordinal, reading.properties))
            if not isinstance(value, UncountableReason):
                for partial in partials:
                    partial.add(value, columns.instants[ordinal], columns.positions[ordinal])
            elif number not in self._totaled:
                self._leave_out(group, LeftOut(number, columns.positions[ordinal], value))

    def _leave_out(self, group: int, left_out: LeftOut) -> None:
        self.gathered.left_out.setdefault(group, []).append(left_out)
