"""Numbers for groups: events of one kind in one cell of the timelines."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat, takewhile
from operator import add

Kind = tuple[str | None, ...]
"""What decides, beside customer and time, where an event is counted.

The subscription that it names, then its deciding properties as texts.
"""

dense_numbers_max = 1 << 20


class Groups:
    """Gives groups their numbers, from 0 on without gaps, so that arrays hold what is known of each.

    The first kinds have a number for every cell, in order, so that no event is looked up. Further kinds would make
    arrays of little but zeros: they have a number for each cell that occurs.
    """

    def __init__(self, cells: int) -> None:
        self.cells = cells
        self._kinds = _Kinds(cells)
        self._sparse = _Sparse(dense_numbers_max // cells * cells)

    def __len__(self) -> int:
        return min(len(self._kinds) * self.cells, self._sparse.first) + len(self._sparse)

    @property
    def is_dense(self) -> bool:
        """Whether all groups have the numbers of `dense` kinds."""
        return not self._sparse

    def dense(self) -> Iterable[tuple[Kind, int]]:
        """The kinds that have a number for every cell, with that of the first."""
        return takewhile(lambda kind: kind[1] < self._sparse.first, self._kinds.items())

    def numbers(self, kinds: Iterable[Kind], cells: Iterable[int]) -> Sequence[int]:
        """The group of each event."""
        numbers = list(map(add, map(self._kinds.__getitem__, kinds), cells))
        if len(self._kinds) * self.cells <= self._sparse.first:
            return numbers
        return list(map(self._sparse.__getitem__, numbers))

    def numbers_of(self, other: "Groups") -> list[int]:
        """The groups here that are the same as others, of as many cells, by the numbers of those."""
        numbers: list[int] = []
        sparse = other._sparse.first
        for kind, _ in other.dense():
            numbers += self.numbers(repeat(kind), range(self.cells))
        for kind, cell in other.places(range(sparse, sparse + len(other._sparse))):
            numbers += self.numbers((kind,), (cell,))
        return numbers

    def places(self, numbers: Iterable[int]) -> Iterator[tuple[Kind, int]]:
        """The kind and the cell of each of these groups."""
        kinds, sparse, first = self._kinds.order, self._sparse.order, self._sparse.first
        for number in numbers:
            kind, cell = divmod(number if number < first else sparse[number - first], self.cells)
            yield kinds[kind], cell


class _Kinds(dict[Kind, int]):
    """The number of a kind's first cell."""

    def __init__(self, cells: int) -> None:
        super().__init__()
        self.order: list[Kind] = []
        self._cells = cells

    def __missing__(self, kind: Kind) -> int:
        number = self[kind] = len(self.order) * self._cells
        self.order.append(kind)
        return number


class _Sparse(dict[int, int]):
    """Numbers from `first` on, in the order in which they are asked for; what is less has its own."""

    def __init__(self, first: int) -> None:
        super().__init__()
        self.order: list[int] = []
        self.first = first

    def __missing__(self, dense: int) -> int:
        if dense < self.first:
            return dense
        number = self[dense] = self.first + len(self.order)
        self.order.append(dense)
        return number
