"""A folder that a table grows in: exactly once, through any crash."""

import json
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.core.errors import InvalidValue
from gateway.tables.folder import (
    BrokenFolder,
    FolderBusy,
    Manifest,
    faults_in,
    manifest_path,
    read_manifest,
    table_folder,
)
from gateway.tables.schema import Column, ColumnType, TableRow, TableSchema
from gateway.tables.writing import TableFormat

SCHEMA = TableSchema("numbers", 1, (Column("position", ColumnType.INTEGER, "A number."),))
OTHER = replace(SCHEMA, name="numbers-too")
HEAD, PER_FILE = 25, 10
FSYNCS_A_FILE = 4


class Crash(BaseException):
    """The process ends."""


def rows(after: int, through: int) -> Iterator[Sequence[TableRow]]:
    for position in range(after + 1, through + 1):
        yield [(position,)]


def export(folder: Path, head: int = HEAD, since: int | None = None, schema: TableSchema = SCHEMA) -> Manifest:
    """Add what is missing, ten positions to a file."""
    with table_folder(folder, schema, TableFormat.CSV, since) as target:
        while (after := target.manifest.through) < head:
            through = min(after + PER_FILE, head)
            target.add(through, rows(after, through))
        return target.manifest


def read(folder: Path) -> list[int]:
    """What a reader finds who goes by the manifest."""
    manifest = read_manifest(folder, "numbers")
    assert manifest is not None
    assert list(faults_in(folder, manifest)) == []
    lines = [line for file in manifest.files for line in (folder / file.name).read_text().splitlines()[1:]]
    assert len(lines) == manifest.rows
    return list(map(int, lines))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_files_are_named_by_their_positions_and_listed(tmp_path: Path) -> None:
    export(tmp_path)

    assert sorted(contents(tmp_path)) == [
        ".numbers.lock",
        "numbers-000000000001-000000000010.csv",
        "numbers-000000000011-000000000020.csv",
        "numbers-000000000021-000000000025.csv",
        "numbers.manifest.json",
    ]
    written = json.loads(manifest_path(tmp_path, "numbers").read_bytes())
    assert (written["table"], written["schema_version"], written["format"]) == ("numbers", 1, "csv")
    assert (written["after"], written["through"]) == (0, 25)
    assert written["columns"] == [{"name": "position", "type": "integer", "description": "A number."}]


def test_a_later_run_adds_what_is_new_and_leaves_the_rest(tmp_path: Path) -> None:
    export(tmp_path)
    before = contents(tmp_path)
    export(tmp_path, 30)
    export(tmp_path, 30)

    assert read(tmp_path) == list(range(1, 31))
    assert before.items() - contents(tmp_path).items() == {("numbers.manifest.json", before["numbers.manifest.json"])}


def test_a_folder_begins_where_it_is_told_and_goes_on_where_it_ends(tmp_path: Path) -> None:
    export(tmp_path, since=5)
    export(tmp_path, 27, since=5)
    export(tmp_path, 28, since=27)
    export(tmp_path, 29)

    assert read(tmp_path) == list(range(6, 30))


def test_a_position_that_would_leave_a_gap_is_refused(tmp_path: Path) -> None:
    export(tmp_path, since=5)

    with pytest.raises(InvalidValue, match="behind position 5 through 25, and cannot continue after 7"):
        export(tmp_path, since=7)


@pytest.mark.parametrize(
    ("schema", "table_format"), [(SCHEMA, TableFormat.PARQUET), (replace(SCHEMA, version=2), TableFormat.CSV)]
)
def test_a_folder_keeps_its_format_and_version(tmp_path: Path, schema: TableSchema, table_format: TableFormat) -> None:
    export(tmp_path)

    with (
        pytest.raises(BrokenFolder, match="as csv in version 1, not as"),
        table_folder(tmp_path, schema, table_format),
    ):
        pass


def test_a_second_process_is_told_to_wait(tmp_path: Path) -> None:
    with (
        table_folder(tmp_path, SCHEMA, TableFormat.CSV),
        pytest.raises(FolderBusy, match="Another process is exporting numbers"),
        table_folder(tmp_path, SCHEMA, TableFormat.CSV),
    ):
        pass
    export(tmp_path)


def test_many_runs_at_once_write_each_row_once(tmp_path: Path) -> None:
    def run() -> None:
        with suppress(FolderBusy):
            export(tmp_path)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert read(tmp_path) == list(range(1, HEAD + 1))


@pytest.mark.parametrize("point", range(1, 3 * FSYNCS_A_FILE + 1))
def test_after_a_crash_anywhere_the_next_run_makes_the_same_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: int
) -> None:
    export(tmp_path / "whole")
    left = point
    sync = os.fsync

    def mortal(handle: int) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise Crash
        sync(handle)

    monkeypatch.setattr(os, "fsync", mortal)
    with pytest.raises(Crash):
        export(tmp_path / "broken")
    monkeypatch.undo()
    export(tmp_path / "broken")

    assert contents(tmp_path / "broken") == contents(tmp_path / "whole")


def test_what_a_crash_left_unlisted_is_removed_and_nothing_else(tmp_path: Path) -> None:
    export(tmp_path, 10)
    export(tmp_path, 10, schema=OTHER)
    kept = contents(tmp_path)
    left = [
        "numbers-000000000011-000000000020.csv",
        ".numbers-000000000011-000000000020.csv.partial",
        ".numbers-000000000001-000000000010.csv.partial",
        "numbers-000000000001-000000000010.parquet",
    ]
    for name in [*left, "numbers.csv", "numbers-1-2.csv", "notes.txt"]:
        (tmp_path / name).write_text("left")

    export(tmp_path, 10)

    assert contents(tmp_path).keys() == {*kept, "numbers.csv", "numbers-1-2.csv", "notes.txt"}


def test_files_that_changed_since_are_found(tmp_path: Path) -> None:
    manifest = export(tmp_path)
    first, second, third = (tmp_path / file.name for file in manifest.files)
    first.unlink()
    second.write_bytes(second.read_bytes() + b"\n")
    third.write_bytes(third.read_bytes().replace(b"21", b"99"))

    assert list(faults_in(tmp_path, manifest)) == [
        f"{first.name} is missing",
        f"{second.name} has 40 bytes, not 39",
        f"{third.name} has changed: its SHA-256 is not the one of the manifest",
    ]


def _without_the_second(document: dict[str, list[object]]) -> None:
    del document["files"][1]


def _cut_short(document: dict[str, list[object]]) -> None:
    del document["files"][2]


@pytest.mark.parametrize("damage", [_without_the_second, _cut_short, lambda found: found.pop("after"), dict.clear])
def test_a_manifest_that_is_not_as_written_is_refused(tmp_path: Path, damage: object) -> None:
    export(tmp_path)
    path = manifest_path(tmp_path, "numbers")
    document = json.loads(path.read_bytes())
    damage(document)  # type: ignore[operator]
    path.write_text(json.dumps(document))

    with pytest.raises(BrokenFolder, match="put it back, or export to another folder"):
        export(tmp_path)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff"])
def test_what_is_no_manifest_is_refused(tmp_path: Path, content: bytes) -> None:
    manifest_path(tmp_path, "numbers").write_bytes(content)

    with pytest.raises(BrokenFolder, match="is no manifest of an export"):
        export(tmp_path)
