"""A folder that a table grows in, file by file: a manifest lists what is in it, and that alone counts.

A file is written and durable before the manifest lists it. What a crash leaves between the two is not listed; the next
run removes it and writes those rows again.
"""

import fcntl
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from gateway.core.errors import GatewayError, InvalidValue
from gateway.tables.files import partial_of, write_file, write_table_file
from gateway.tables.schema import TableRow, TableSchema
from gateway.tables.writing import TableFormat

_read_bytes = 1 << 20


class FolderBusy(GatewayError):
    """Another process is writing the same table to the same folder."""

    code = "EXPORT_RUNNING"


class BrokenFolder(GatewayError):
    """A manifest that cannot be read, or that is not about what is to be written."""

    code = "BROKEN_EXPORT"


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file with the rows of the positions in `(after, through]`."""

    name: str
    after: int
    through: int
    rows: int
    length: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What of a table is in a folder: everything behind position `after`, in files without gaps between them."""

    table: str
    schema_version: int
    format: str
    after: int
    files: tuple[ListedFile, ...] = ()

    @property
    def through(self) -> int:
        """The position up to which the files go."""
        return self.files[-1].through if self.files else self.after

    @property
    def rows(self) -> int:
        """How many rows all files have."""
        return sum(file.rows for file in self.files)


class TableFolder:
    """One table in a folder, in one format; locked for others while it is open (see `table_folder`)."""

    def __init__(self, folder: Path, schema: TableSchema, table_format: TableFormat, manifest: Manifest) -> None:
        self.manifest = manifest
        self._folder = folder
        self._schema = schema
        self._format = table_format

    def add(self, through: int, chunks: Iterable[Sequence[TableRow]]) -> ListedFile:
        """Write the rows up to position `through` as the next file, and list it."""
        after = self.manifest.through
        name = f"{self._schema.name}-{after + 1:012}-{through:012}.{self._format}"
        written = write_table_file(self._folder / name, self._format, self._schema, chunks)
        listed = ListedFile(name, after, through, written.rows, written.length, written.sha256)
        self.manifest = replace(self.manifest, files=(*self.manifest.files, listed))
        write_file(manifest_path(self._folder, self._schema.name), self._document())
        return listed

    def remove_unlisted(self) -> None:
        """Remove files of this table that a run wrote and did not come to list."""
        listed = {file.name for file in self.manifest.files}
        named = re.compile(rf"{re.escape(self._schema.name)}-\d{{12,}}-\d{{12,}}\.(csv|parquet)")
        for path in self._folder.iterdir():
            name = path.name.removeprefix(".").removesuffix(".partial")
            is_partial = path.name == partial_of(path.with_name(name)).name
            if named.fullmatch(name) and (is_partial or name not in listed):
                path.unlink()

    def _document(self) -> bytes:
        columns = [
            {"name": column.name, "type": column.type_text, "description": column.description}
            for column in self._schema.columns
        ]
        files = [asdict(file) for file in self.manifest.files]
        return _encoded({**asdict(self.manifest), "through": self.manifest.through, "columns": columns, "files": files})


@contextmanager
def table_folder(
    folder: Path, schema: TableSchema, table_format: TableFormat, after: int | None = None
) -> Iterator[TableFolder]:
    """A table's folder, made if it is not there, for this process alone; it begins after position `after`, or 0.

    Raises `FolderBusy`; `BrokenFolder` if another format or version is in it; `InvalidValue` if what is there began
    elsewhere.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{schema.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderBusy(f"Another process is exporting {schema.name} to {folder}; wait until it ends") from None
        manifest = read_manifest(folder, schema.name) or Manifest(schema.name, schema.version, table_format, after or 0)
        _require_fit(folder, manifest, schema, table_format, after)
        opened = TableFolder(folder, schema, table_format, manifest)
        opened.remove_unlisted()
        yield opened


def manifest_path(folder: Path, table: str) -> Path:
    """Where the manifest of a table is."""
    return folder / f"{table}.manifest.json"


def read_manifest(folder: Path, table: str) -> Manifest | None:
    """The manifest of a table; None if there is none. Raises `BrokenFolder` for one that is not as we write them."""
    path = manifest_path(folder, table)
    try:
        found = json.loads(path.read_bytes())
        files = tuple(ListedFile(**file) for file in found.pop("files"))
        through = found.pop("through")
        del found["columns"]
        manifest = Manifest(**found, files=files)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BrokenFolder(f"{path} is no manifest of an export; put it back, or export to another folder") from None
    joints = [manifest.after, *(file.through for file in files)]
    if manifest.through != through or joints[:-1] != [file.after for file in files]:
        raise BrokenFolder(f"{path} lists files with gaps between them; put it back, or export to another folder")
    return manifest


def faults_in(folder: Path, manifest: Manifest) -> Iterator[str]:
    """What of the listed files is missing, or not as it was written."""
    for file in manifest.files:
        path = folder / file.name
        if not path.is_file():
            yield f"{file.name} is missing"
        elif path.stat().st_size != file.length:
            yield f"{file.name} has {path.stat().st_size:,} bytes, not {file.length:,}"
        elif sha256_of(path) != file.sha256:
            yield f"{file.name} has changed: its SHA-256 is not the one of the manifest"


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_read_bytes):
            digest.update(part)
    return digest.hexdigest()


def _require_fit(
    folder: Path, manifest: Manifest, schema: TableSchema, table_format: TableFormat, after: int | None
) -> None:
    if (manifest.format, manifest.schema_version) != (table_format, schema.version):
        raise BrokenFolder(
            f"{folder} holds {manifest.table} as {manifest.format} in version {manifest.schema_version}, not as"
            f" {table_format} in version {schema.version}; continue it so, or export to another folder"
        )
    if after not in {None, manifest.after, manifest.through}:
        raise InvalidValue(
            f"{folder} holds {manifest.table} behind position {manifest.after} through {manifest.through}, and cannot"
            f" continue after {after}; leave the position out to continue, or export to another folder"
        )


def _encoded(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"
