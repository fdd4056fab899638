"""Tables as CSV (RFC 4180, UTF-8, lines that end in LF): a missing value is an empty field."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from typing import IO, Any

from gateway.tables.schema import ColumnType, TableRow, TableSchema


class CsvWriter:
    """See `TableWriter`; the header is there also without rows."""

    def __init__(self, schema: TableSchema, sink: IO[bytes]) -> None:
        self._sink = sink
        self._texts = [_TEXTS[column.type] for column in schema.columns]
        self._put([[column.name for column in schema.columns]])

    def write(self, rows: Sequence[TableRow]) -> None:
        """See `TableWriter.write`."""
        self._put(
            [None if cell is None else text(cell) for text, cell in zip(self._texts, row, strict=True)] for row in rows
        )

    def close(self) -> None:
        """See `TableWriter.close`."""

    def _put(self, rows: Any) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(rows)
        self._sink.write(text.getvalue().encode())


def _time_text(instant: Any) -> str:
    """With all microseconds, so that every value of a column is read by one pattern."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


_TEXTS: Mapping[ColumnType, Callable[[Any], str]] = {
    ColumnType.TEXT: str,
    ColumnType.INTEGER: str,
    ColumnType.DECIMAL: lambda number: format(number, "f"),
    ColumnType.TIME: _time_text,
    ColumnType.DATE: lambda day: day.isoformat(),
    ColumnType.BOOLEAN: lambda claim: "true" if claim else "false",
}
