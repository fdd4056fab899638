"""Files that are there whole or not at all."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from gateway.tables import files
from gateway.tables.files import partial_of, write_file, write_table_file
from gateway.tables.schema import TableRow
from gateway.tables.writing import TableFormat
from tests.tables.sample import ROWS, SCHEMA


@pytest.mark.parametrize("table_format", TableFormat)
def test_a_file_is_described_as_it_is_on_disk(tmp_path: Path, table_format: TableFormat) -> None:
    path = tmp_path / "sample.table"

    written = write_table_file(path, table_format, SCHEMA, [ROWS, ROWS])

    content = path.read_bytes()
    assert (written.name, written.rows, written.length) == ("sample.table", 8, len(content))
    assert written.sha256 == hashlib.sha256(content).hexdigest()
    assert [each.name for each in tmp_path.iterdir()] == ["sample.table"]


def test_a_file_that_breaks_off_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    write_file(path, b"before")

    def chunks() -> Iterator[Sequence[TableRow]]:
        yield ROWS
        raise ConnectionError

    with pytest.raises(ConnectionError):
        write_table_file(path, TableFormat.CSV, SCHEMA, chunks())
    assert path.read_bytes() == b"before"


def test_what_a_crash_left_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    partial_of(path).write_bytes(b"half of something longer than what follows")

    write_file(path, b"whole")

    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("sample.csv", b"whole")]


def test_content_is_on_disk_before_the_name_and_the_name_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, put_in_place = os.fsync, files.put_in_place

    def noted_sync(handle: int) -> None:
        done.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")
        sync(handle)

    def noted_place(partial: Path, path: Path) -> None:
        done.append("name")
        put_in_place(partial, path)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(files, "put_in_place", noted_place)
    write_table_file(tmp_path / "sample.csv", TableFormat.CSV, SCHEMA, [ROWS])

    assert done == ["file", "name", "folder"]
