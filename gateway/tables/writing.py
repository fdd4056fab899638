"""Write a table in chunks, in the format that is asked for."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import IO, Protocol

from gateway.core.errors import GatewayError
from gateway.tables.csv_writer import CsvWriter
from gateway.tables.schema import TableRow, TableSchema

rows_per_chunk = 10_000
"""How many rows to write at once: a row group of Parquet, and what is held in memory."""


class TableFormat(StrEnum):
    """How a table is written."""

    CSV = "csv"
    PARQUET = "parquet"


class NoParquet(GatewayError):
    """Parquet is asked for, and what writes it is not installed."""

    code = "NO_PARQUET"


class TableWriter(Protocol):
    """Writes the rows of one table to a stream, which stays open."""

    def write(self, rows: Sequence[TableRow]) -> None:
        """Write a chunk of rows. Raises `InvalidValue` for a value that the format has no room for."""
        ...

    def close(self) -> None:
        """Write what ends the table."""
        ...


def table_writer(table_format: TableFormat, schema: TableSchema, sink: IO[bytes]) -> TableWriter:
    """What writes a table of this schema to `sink`. Raises `NoParquet`."""
    if table_format is TableFormat.CSV:
        return CsvWriter(schema, sink)
    try:
        # Not before it is needed: it is optional, and takes a third of a second.
        from gateway.tables.parquet_writer import ParquetWriter  # noqa: PLC0415
    except ModuleNotFoundError:
        raise NoParquet(
            "Parquet is written by pyarrow, which is not installed; run"
            " `pip install 'usage-gateway[parquet]'`, or ask for CSV"
        ) from None
    return ParquetWriter(schema, sink)


def write_table(
    sink: IO[bytes], table_format: TableFormat, schema: TableSchema, chunks: Iterable[Sequence[TableRow]]
) -> int:
    """Write a table to a stream; the number of its rows. Raises `NoParquet`, and `InvalidValue` as `write` does."""
    writer = table_writer(table_format, schema, sink)
    count = 0
    for rows in chunks:
        writer.write(rows)
        count += len(rows)
    writer.close()
    return count
