"""Export a dataset: to a folder that grows, exactly once and again after any crash; or to a stream."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gateway.core.errors import InvalidValue
from gateway.services.datasets import Dataset, Source
from gateway.services.export_events import EVENTS
from gateway.services.export_invoices import INVOICE_LINES, INVOICES
from gateway.services.export_transfers import TRANSFERS
from gateway.services.export_usage import USAGE
from gateway.services.installation import Installation
from gateway.tables.folder import BrokenFolder, ListedFile, faults_in, read_manifest, table_folder
from gateway.tables.schema import TableRow
from gateway.tables.writing import TableFormat, write_table

DATASETS = {dataset.schema.name: dataset for dataset in (EVENTS, USAGE, INVOICES, INVOICE_LINES, TRANSFERS)}

Told = Callable[[int, int], None]
"""Is told how many positions are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Exported:
    """The rows of the positions in `(after, through]`, and the files that they are in."""

    dataset: str
    after: int
    through: int
    rows: int
    files: tuple[ListedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Verified:
    """What of a dataset is in a folder, and what is wrong with it."""

    dataset: str
    through: int
    rows: int
    files: int
    faults: tuple[str, ...]


def export_to_folder(
    installation: Installation,
    dataset: Dataset,
    folder: Path,
    table_format: TableFormat,
    since: int | None,
    told: Told,
) -> Exported:
    """Add what is new to a folder: what it holds stays as it is, nothing is written twice, and nothing is left out.

    `since` is where a new folder begins; one that holds the dataset goes on where it ends. Raises `FolderBusy`,
    `BrokenFolder`, `NoParquet`, `InvalidValue` for a position that does not fit, or a value that Parquet cannot hold.
    """
    with (
        table_folder(folder, dataset.schema, table_format, since) as target,
        dataset.opened(installation) as source,
    ):
        after = target.manifest.through
        _require_reached(dataset, after, source.head, f"{folder} continues")
        added = tuple(
            target.add(through, _watched(source, start, through, lambda done: told(done - after, source.head - after)))
            for start, through in _ranges(after, source.head, dataset.positions_per_file)
        )
    return Exported(dataset.schema.name, after, source.head, sum(file.rows for file in added), added)


def export_to_stream(
    installation: Installation, dataset: Dataset, sink: IO[bytes], since: int | None, told: Told
) -> Exported:
    """Write what is behind position `since`, or all of it, as CSV. Raises `InvalidValue` for a position to come."""
    after = since or 0
    with dataset.opened(installation) as source:
        _require_reached(dataset, after, source.head, "The export is to begin")
        chunks = _watched(source, after, source.head, lambda done: told(done - after, source.head - after))
        rows = write_table(sink, TableFormat.CSV, dataset.schema, chunks)
    return Exported(dataset.schema.name, after, source.head, rows)


def verify_folder(folder: Path) -> Iterator[Verified]:
    """What is in a folder, each file compared with its manifest. Raises `BrokenFolder` if there is no manifest."""
    found = [manifest for name in DATASETS if (manifest := read_manifest(folder, name)) is not None]
    if not found:
        raise BrokenFolder(f"{folder} holds no export; name the folder that was given to --out")
    for manifest in found:
        faults = tuple(faults_in(folder, manifest))
        yield Verified(manifest.table, manifest.through, manifest.rows, len(manifest.files), faults)


def _ranges(after: int, through: int, length: int | None) -> Iterator[tuple[int, int]]:
    step = length or max(1, through - after)
    for start in range(after, through, step):
        yield start, min(start + step, through)


def _watched(source: Source, after: int, through: int, told: Callable[[int], None]) -> Iterator[Sequence[TableRow]]:
    for chunk in source.chunks(after, through):
        yield chunk.rows
        told(chunk.through)
    told(through)


def _require_reached(dataset: Dataset, after: int, head: int, what: str) -> None:
    if after > head:
        raise InvalidValue(
            f"{what} after position {after}, but {dataset.schema.name} of this installation end at {head};"
            " name the database that was exported before, or another position"
        )
