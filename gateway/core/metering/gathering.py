"""Events of one type, gathered by all that decides where they are counted.

What adds up is kept as a number of events and a total for each group; for every other aggregation a fold sees each
event.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import compress, count
from typing import NamedTuple, TypeGuard, cast

from gateway.core.events import PropertyValue
from gateway.core.metering.aggregations import fold_of
from gateway.core.metering.columns import EventColumns
from gateway.core.metering.counts import CountingScope
from gateway.core.metering.groups import Groups
from gateway.core.metering.meter import UncountableReason
from gateway.core.metering.partials import Partial
from gateway.core.metering.targets import Counted, Taker, TypeRules
from gateway.core.metering.timeline import Timelines
from gateway.core.metering.values import number_read, value_read
from gateway.core.numbers import exact

# The 64 bits of a total hold four thousand million of them.
_small_max = 2**31
_small_min = -_small_max

# With more empty ones, it takes longer to pass over them than to look each group up.
_numbers_per_group_max = 4


class LeftOut(NamedTuple):
    """An event whose value, by the reading of this number, cannot be counted."""

    reading: int
    position: int
    reason: UncountableReason


@dataclass(slots=True)
class Gathered:
    """What was gathered, by the number of the group: plain values, which go from process to process.

    By reading first: `totals` of small integers, and `rests`, the totals of all other numbers. `partials` are the folds
    of those of a group's targets that need one, in their order.
    """

    groups: Groups
    events: list[int]
    totals: "dict[int, array[int]]"
    rests: dict[int, dict[int, int | Decimal]]
    partials: dict[int, list[Partial]] = field(default_factory=dict)
    left_out: dict[int, list[LeftOut]] = field(default_factory=dict)

    def values(self, reading: int) -> list[int | Decimal]:
        """What the values of each group add up to."""
        totals: list[int | Decimal] = list(self.totals[reading])
        for group, rest in self.rests[reading].items():
            totals[group] += rest
        return totals

    def numbers(self) -> Iterator[int]:
        """The groups that have events."""
        return compress(count(), self.events)

    def grow(self) -> None:
        """Make room for all groups that have a number."""
        more = len(self.groups) - len(self.events)
        self.events += [0] * more
        for totals in self.totals.values():
            totals.frombytes(bytes(totals.itemsize * more))


Target = tuple[Taker, Sequence[Counted]]
"""A scope that takes a group's events, and its counts that they go into."""


class Gathering:
    """The groups of one event type in progress."""

    def __init__(self, rules: TypeRules, timelines: Timelines) -> None:
        self._rules = rules
        self._timelines = timelines
        self._folded: dict[int, dict[int, list[Partial]]] = {reading: {} for reading in rules.folded}
        self._opened: set[int] = set()
        self._takers: dict[int, list[Taker]] = {}
        self.gathered = Gathered(
            Groups(len(timelines.slots)),
            [],
            {reading: array("q") for reading in rules.totaled},
            {reading: {} for reading in rules.totaled},
        )

    @exact
    def add(self, columns: EventColumns) -> None:
        """Gather events of the type."""
        cells = self._timelines.cells(columns.customers, columns.instants)
        groups = self.gathered.groups.numbers(self._rules.kinds(columns), cells)
        self._count(groups)
        for reading in self._rules.totaled:
            self._add_totals(reading, groups, columns)
        if self._folded:
            self._open(groups)
        for reading in self._rules.folded:
            self._fold(reading, groups, columns)

    @exact
    def merge(self, other: Gathered) -> None:
        """Take in what was gathered elsewhere, of other events."""
        mine = self.gathered
        groups = mine.groups.numbers_of(other.groups)
        mine.grow()
        for group, events in zip(groups, other.events, strict=True):
            mine.events[group] += events
        for reading, totals in mine.totals.items():
            for group, total in zip(groups, other.totals[reading], strict=True):
                totals[group] += total
            for their, rest in other.rests[reading].items():
                self._add_rest(reading, groups[their], rest)
        self._open([groups[their] for their in other.partials])
        for their, partials in other.partials.items():
            for partial, more in zip(mine.partials[groups[their]], partials, strict=True):
                partial.merge(more)
        for their, left_out in other.left_out.items():
            mine.left_out.setdefault(groups[their], []).extend(left_out)

    def targets(self, groups: Sequence[int]) -> Iterator[tuple[int, list[Target]]]:
        """Groups, with the counts that each goes into."""
        for group, (kind, cell) in zip(groups, self.gathered.groups.places(groups), strict=True):
            takers = self._takers.get(cell)
            if takers is None:
                takers = self._takers[cell] = self._rules.takers(self._timelines.slots[cell])
            yield group, [(taker, taker.counted[kind]) for taker in takers if taker.scope.takes(kind[0])]

    def own_cells(self) -> list[tuple[Taker, int]] | None:
        """Each scope that takes events with its cell, in the order of scopes.

        None where two share a cell or one has several, or where what was gathered is not made of sums for most cells.
        """
        if not self._is_full_of_sums():
            return None
        slots = enumerate(self._timelines.slots)
        takers = [(taker, cell) for cell, slot in slots for taker in self._rules.takers(slot)]
        is_own = len({taker.number for taker, _ in takers}) == len({cell for _, cell in takers}) == len(takers)
        return sorted(takers, key=lambda taken: taken[0].number) if is_own else None

    def _is_full_of_sums(self) -> bool:
        """Whether all adds up, events name no subscription, and not too many numbers of groups have no events."""
        gathered = self.gathered
        is_full = sum(map(bool, gathered.events)) * _numbers_per_group_max >= len(gathered.events)
        names_any = any(kind[0] is not None for kind, _ in gathered.groups.dense())
        return gathered.groups.is_dense and is_full and not (names_any or self._rules.folded or gathered.left_out)

    def _count(self, groups: Sequence[int]) -> None:
        self.gathered.grow()
        events = self.gathered.events
        for group in groups:
            events[group] += 1

    def _add_totals(self, reading: int, groups: Sequence[int], columns: EventColumns) -> None:
        value_property = self._rules.readings[reading].value_property
        assert value_property is not None, "what an expression comes to is folded"
        totals = self.gathered.totals[reading]
        values = columns.properties[value_property]
        if _are_small(values):
            for group, value in zip(groups, values, strict=True):
                totals[group] += value
        else:
            for group, other, position in zip(groups, values, columns.positions, strict=True):
                self._add_other(reading, group, other, position)

    def _add_other(self, reading: int, group: int, value: PropertyValue, position: int) -> None:
        """Add a value that may be no small integer, or no number."""
        found = number_read(value)
        if not isinstance(found, UncountableReason):
            self._add_rest(reading, group, found)
        elif self._reads(group, reading):
            self._leave_out(group, LeftOut(reading, position, found))

    def _add_rest(self, reading: int, group: int, number: int | Decimal) -> None:
        rests = self.gathered.rests[reading]
        rests[group] = rests.get(group, 0) + number

    def _reads(self, group: int, reading: int) -> bool:
        """Whether any count of a group's events needs their value."""
        [(_, targets)] = self.targets([group])
        return any(each.reading == reading for _, counted in targets for each in counted)

    def _open(self, groups: Sequence[int]) -> None:
        """Have the folds that groups need, of those that are seen for the first time."""
        new = set(groups) - self._opened
        self._opened |= new
        for group, targets in self.targets(list(new)):
            for taker, counted in targets:
                for each in counted:
                    if each.additive is None:
                        self._open_fold(group, taker.scope, each)

    def _open_fold(self, group: int, scope: CountingScope, counted: Counted) -> None:
        assert counted.reading is not None, "what is folded event by event has a value"
        partial = Partial(fold_of(counted.version, scope), counted.version.key in scope.by_transaction)
        self.gathered.partials.setdefault(group, []).append(partial)
        self._folded[counted.reading].setdefault(group, []).append(partial)

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
            elif number not in self.gathered.totals:
                self._leave_out(group, LeftOut(number, columns.positions[ordinal], value))

    def _leave_out(self, group: int, left_out: LeftOut) -> None:
        self.gathered.left_out.setdefault(group, []).append(left_out)


def _are_small(values: Sequence[PropertyValue]) -> TypeGuard[Sequence[int]]:
    """Whether all are integers of which a total of 64 bits holds many."""
    if set(map(type, values)) != {int}:
        return False
    numbers = cast(Sequence[int], values)
    return _small_min < min(numbers) and max(numbers) < _small_max
