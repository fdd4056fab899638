"""What can be exported: tables that grow with the positions of a feed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial

from gateway.core.ports.storage import UnitOfWork
from gateway.services.installation import Installation
from gateway.tables.schema import TableRow, TableSchema


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows, and the position up to which everything has been read with them."""

    through: int
    rows: Sequence[TableRow]


Chunks = Iterator[Chunk]


@dataclass(frozen=True, slots=True)
class Source:
    """A table as it is now, complete through position `head`; `chunks` reads the positions in `(after, through]`."""

    head: int
    chunks: Callable[[int, int], Chunks]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table that can be exported, in files of at most `positions_per_file`; all at once where that is None."""

    schema: TableSchema
    opened: Callable[[Installation], AbstractContextManager[Source]]
    positions_per_file: int | None


@contextmanager
def numbered_source(
    installation: Installation,
    head: Callable[[UnitOfWork], int],
    rows: Callable[[UnitOfWork, int, int], Sequence[TableRow]],
    step: int,
) -> Iterator[Source]:
    """A feed whose rows never change: read `step` positions at a time, so that no snapshot stays open for long."""

    def chunks(after: int, through: int) -> Chunks:
        for start in range(after, through, step):
            end = min(start + step, through)
            yield Chunk(end, installation.storage.read(partial(_read, rows, start, end)))

    yield Source(installation.storage.read(head), chunks)


def _read(
    rows: Callable[[UnitOfWork, int, int], Sequence[TableRow]], after: int, through: int, unit: UnitOfWork
) -> Sequence[TableRow]:
    return rows(unit, after, through)
