"""A table as a file that is there whole or not at all, through any crash."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from gateway.tables.schema import TableRow, TableSchema
from gateway.tables.writing import TableFormat, write_table


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file that is durable: its rows, its length in bytes and its SHA-256."""

    name: str
    rows: int
    length: int
    sha256: str


def write_table_file(
    path: Path, table_format: TableFormat, schema: TableSchema, chunks: Iterable[Sequence[TableRow]]
) -> WrittenFile:
    """Write a table to `path`, in place of what is there; durable when this returns. Raises what `write_table` does."""
    partial = partial_of(path)
    with partial.open("wb") as file:
        sink = _Hashed(file)
        rows = write_table(cast(IO[bytes], sink), table_format, schema, chunks)
        length = file.tell()
        _make_durable(file)
    put_in_place(partial, path)
    return WrittenFile(path.name, rows, length, sink.sha256.hexdigest())


def write_file(path: Path, content: bytes) -> None:
    """Write a file, in place of what is there; durable when this returns."""
    partial = partial_of(path)
    with partial.open("wb") as file:
        file.write(content)
        _make_durable(file)
    put_in_place(partial, path)


def partial_of(path: Path) -> Path:
    """Where the file is until it is whole; what a crash has left there is overwritten."""
    return path.with_name(f".{path.name}.partial")


def put_in_place(partial: Path, path: Path) -> None:
    """Give a durable file its name, durably."""
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _make_durable(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


class _Hashed:
    """A stream that is written in order, hashed on the way: what writers of tables ask of a file."""

    closed = False

    def __init__(self, file: IO[bytes]) -> None:
        self.sha256 = hashlib.sha256()
        self._file = file

    def write(self, content: bytes) -> int:
        self.sha256.update(content)
        return self._file.write(content)

    def tell(self) -> int:
        return self._file.tell()

    def flush(self) -> None:
        self._file.flush()
