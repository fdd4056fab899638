"""Counts of what adds up, made column by column: of many scopes at once by the same meter and dimension values."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from itertools import compress, groupby, repeat
from operator import add
from typing import NamedTuple, cast

from gateway.core.metering.counts import Count, CountingScope, CountKey
from gateway.core.metering.folds import NOTHING
from gateway.core.metering.gathering import Gathered, Gathering
from gateway.core.metering.groups import Kind
from gateway.core.metering.targets import Counted, Taker
from gateway.core.numbers import EXACT

# So few cells' columns stay in the processor's cache.
_cells_per_slice = 1_000

# As `_make`, without a Python function for each of a hundred thousand.
_key = cast(Callable[[tuple[object, ...]], CountKey], partial(tuple.__new__, CountKey))
_count = cast(Callable[[tuple[object, ...]], Count], partial(tuple.__new__, Count))


class Sums(NamedTuple):
    """The events of some scopes that go into one count of each, and what their values add up to."""

    events: Sequence[int]
    totals: Sequence[int | Decimal]

    def plus(self, more: "Sums") -> "Sums":
        """These and more of the same scopes."""
        return Sums(list(map(add, self.events, more.events)), list(map(add, self.totals, more.totals)))


class CountColumns:
    """Counts side by side, by the numbers of their scopes."""

    def __init__(self, scopes: Sequence[CountingScope]) -> None:
        self._periods = [(scope.subscription.id, scope.period.start) for scope in scopes]
        self._numbers: list[int] = []
        self._keys: list[CountKey] = []
        self._counts: list[Count] = []

    def add(self, counted: Counted, numbers: Iterable[int], counts: Iterable[Count]) -> None:
        """Add one count of each of these scopes."""
        numbers = list(numbers)
        periods = map(self._periods.__getitem__, numbers)
        self._keys.extend(map(_key, map(add, periods, repeat(counted.place))))
        self._numbers.extend(numbers)
        self._counts.extend(counts)

    def add_sums(self, counted: Counted, numbers: Iterable[int], sums: Sums) -> None:
        """Add the counts of the scopes that have any events."""
        assert counted.additive is not None, "of what does not add up, there are no sums"
        events = list(filter(None, sums.events))
        totals = map(EXACT.add, repeat(NOTHING), compress(sums.totals, sums.events))
        amounts = list(map(counted.additive.amount_of, events, totals))
        quantities = counted.version.quantities(amounts)
        counts = map(_count, zip(quantities, events, amounts, repeat(()), strict=False))
        self.add(counted, compress(numbers, sums.events), counts)

    def in_order(self) -> dict[CountKey, Count]:
        """The counts in the order of scopes; those of a scope in the order in which they were added."""
        order = sorted(range(len(self._numbers)), key=self._numbers.__getitem__)
        return dict(zip(map(self._keys.__getitem__, order), map(self._counts.__getitem__, order), strict=True))


def add_cells(counts: CountColumns, gathering: Gathering, cells: Iterable[tuple[Taker, int]]) -> None:
    """Add what the scopes take that each have one of these cells to themselves, where all that is gathered adds up."""
    gathered = gathering.gathered
    totals = {reading: gathered.values(reading) for reading in gathered.totals}
    for _, alike in groupby(cells, key=lambda taken: id(taken[0].counted)):
        for sliced in _slices(list(alike)):
            numbers = [taker.number for taker, _ in sliced]
            counted_by, in_slice = sliced[0][0].counted, [cell for _, cell in sliced]
            for counted, sums in _sums(gathered, totals, counted_by, in_slice).items():
                counts.add_sums(counted, numbers, sums)


def _sums(
    gathered: Gathered,
    totals: Mapping[int, Sequence[int | Decimal]],
    counted_by: Mapping[Kind, Sequence[Counted]],
    cells: Sequence[int],
) -> dict[Counted, Sums]:
    """What goes into the counts of these cells, whose kinds have numbers for each cell."""
    sums: dict[Counted, Sums] = {}
    for kind, first in gathered.groups.dense():
        groups = [first + cell for cell in cells]
        events = list(map(gathered.events.__getitem__, groups))
        values = {reading: list(map(of_all.__getitem__, groups)) for reading, of_all in totals.items()}
        for counted in counted_by[kind]:
            more = Sums(events, [0] * len(cells) if counted.reading is None else values[counted.reading])
            known = sums.get(counted)
            sums[counted] = more if known is None else known.plus(more)
    return sums


def _slices(cells: Sequence[tuple[Taker, int]]) -> Iterator[Sequence[tuple[Taker, int]]]:
    for first in range(0, len(cells), _cells_per_slice):
        yield cells[first : first + _cells_per_slice]
