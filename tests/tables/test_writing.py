"""Tables as CSV and Parquet: every value comes back as it was."""

import csv
import io
import sys
from datetime import date
from decimal import Decimal

import polars
import pytest
from pyarrow import parquet

from gateway.core.errors import InvalidValue
from gateway.tables.schema import Cell, TableRow
from gateway.tables.writing import NoParquet, TableFormat, write_table
from tests.tables.sample import LONGEST, ROWS, SCHEMA


def written(table_format: TableFormat, rows: list[TableRow] = ROWS, size: int = 2) -> bytes:
    sink = io.BytesIO()
    chunks = [rows[start : start + size] for start in range(0, len(rows), size)]

    assert write_table(sink, table_format, SCHEMA, chunks) == len(rows)

    return sink.getvalue()


def row_with(**changed: Cell) -> TableRow:
    return [changed.get(column.name) for column in SCHEMA.columns]


def test_csv_has_a_header_plain_numbers_and_empty_fields_for_what_is_missing() -> None:
    rows = list(csv.reader(io.StringIO(written(TableFormat.CSV).decode())))

    assert rows == [
        ["word", "count", "amount", "at", "day", "is_final"],
        [
            'a "quoted", word\nof two lines', "9223372036854775807", "12345678901234567890123456.123456789012",
            "2026-01-31T12:00:00.000000Z", "2026-01-31", "true",
        ],
        ["é😀", "-9223372036854775808", "-0.000000000001", "8999-12-31T23:59:59.999999Z", "1970-01-01", "false"],
        ["", "", "", "", "", ""],
        ["=1+1", "0", "1000", "1970-01-01T00:00:00.000000Z", "2000-02-29", "true"],
    ]  # fmt: skip


def test_csv_is_there_without_rows() -> None:
    assert written(TableFormat.CSV, []) == b"word,count,amount,at,day,is_final\n"


def test_parquet_holds_every_value_exactly() -> None:
    table = parquet.read_table(io.BytesIO(written(TableFormat.PARQUET)))

    assert [tuple(row.values()) for row in table.to_pylist()] == ROWS
    assert [str(field.type) for field in table.schema] == [
        "string", "int64", "decimal128(38, 12)", "timestamp[us, tz=UTC]", "date32[day]", "bool",
    ]  # fmt: skip


def test_parquet_says_which_table_it_is_in_which_version() -> None:
    metadata = parquet.read_schema(io.BytesIO(written(TableFormat.PARQUET))).metadata

    assert metadata == {b"gateway.table": b"sample", b"gateway.schema_version": b"3"}


def test_polars_reads_the_parquet_and_adds_it_up_exactly() -> None:
    amounts = [LONGEST, LONGEST.copy_negate()]

    frame = polars.read_parquet(written(TableFormat.PARQUET, [row_with(amount=each) for each in amounts]))

    assert frame["amount"].to_list() == amounts
    assert frame["amount"].sum() == Decimal(0)


def test_parquet_is_there_without_rows() -> None:
    assert parquet.read_table(io.BytesIO(written(TableFormat.PARQUET, []))).num_rows == 0


@pytest.mark.parametrize("table_format", TableFormat)
def test_the_same_rows_make_the_same_bytes(table_format: TableFormat) -> None:
    assert written(table_format) == written(table_format)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount", LONGEST.scaleb(1)),
        ("amount", Decimal("0.0000000000001")),
        ("count", 2**63),
        ("count", "many"),
        ("amount", 0.1),
        ("word", 7),
    ],
)
def test_what_parquet_has_no_room_for_is_named(name: str, value: Cell) -> None:
    with pytest.raises(InvalidValue, match=rf"'{value}' does not fit column '{name}' of 'sample'.* as CSV"):
        written(TableFormat.PARQUET, [row_with(day=date(2026, 1, 1)), row_with(**{name: value})])


def test_without_pyarrow_parquet_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "gateway.tables.parquet_writer", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(NoParquet, match=r"pip install 'usage-gateway\[parquet\]'"):
        written(TableFormat.PARQUET)
    assert written(TableFormat.CSV)
