"""Tables as Parquet, by pyarrow: each chunk is a row group, so that memory stays flat."""

from collections.abc import Sequence
from typing import IO, Any

import pyarrow
from pyarrow import parquet

from gateway.core.errors import InvalidValue
from gateway.tables.schema import Column, ColumnType, TableRow, TableSchema, decimal_digits_max

# The allocators that pyarrow prefers keep what they have freed: memory would grow with the table.
pyarrow.set_memory_pool(pyarrow.system_memory_pool())


class ParquetWriter:
    """See `TableWriter`; name and version of the schema are in the file's metadata."""

    def __init__(self, schema: TableSchema, sink: IO[bytes]) -> None:
        self._table = schema
        named = {"gateway.table": schema.name, "gateway.schema_version": str(schema.version)}
        fields = [pyarrow.field(column.name, _type_of(column)) for column in schema.columns]
        self._schema = pyarrow.schema(fields, metadata=named)
        self._writer = parquet.ParquetWriter(sink, self._schema, compression="zstd")

    def write(self, rows: Sequence[TableRow]) -> None:
        """See `TableWriter.write`."""
        columns = zip(*rows, strict=True) if rows else [() for _ in self._table.columns]
        arrays = [
            self._array(column, field.type, cells)
            for column, field, cells in zip(self._table.columns, self._schema, columns, strict=True)
        ]
        self._writer.write_table(pyarrow.table(arrays, schema=self._schema))

    def close(self) -> None:
        """See `TableWriter.close`."""
        self._writer.close()

    def _array(self, column: Column, kind: Any, cells: Sequence[object]) -> Any:
        try:
            return pyarrow.array(cells, kind)
        except (pyarrow.ArrowException, OverflowError):
            misfit = next(cell for cell in cells if not _fits(cell, kind))
            raise InvalidValue(
                f"{str(misfit)[:60]!r} does not fit column {column.name!r} of {self._table.name!r}, which is"
                f" {column.type_text} in Parquet; write the table as CSV, which has no limit"
            ) from None


def _fits(cell: object, kind: Any) -> bool:
    try:
        pyarrow.array([cell], kind)
    except (pyarrow.ArrowException, OverflowError):
        return False
    return True


def _type_of(column: Column) -> Any:
    match column.type:
        case ColumnType.TEXT:
            return pyarrow.string()
        case ColumnType.INTEGER:
            return pyarrow.int64()
        case ColumnType.DECIMAL:
            return pyarrow.decimal128(decimal_digits_max, column.places)
        case ColumnType.TIME:
            return pyarrow.timestamp("us", tz="UTC")
        case ColumnType.DATE:
            return pyarrow.date32()
        case ColumnType.BOOLEAN:
            return pyarrow.bool_()
