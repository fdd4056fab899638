"""How `gateway reports` prints a report: a table for each currency, JSON, or a file for other programs."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from gateway.cli.output import note, print_json, print_table
from gateway.core.errors import InvalidValue
from gateway.core.money import Money
from gateway.core.numbers import plain
from gateway.core.reports.columns import sentences
from gateway.tables.files import write_table_file
from gateway.tables.schema import Cell, Column, ColumnType, TableSchema
from gateway.tables.writing import TableFormat, write_table

money_places = 4
"""The most that a currency has."""
number_places = 12
bar_width = 24
schema_version = 1


class ReportFormat(StrEnum):
    """How a report is written."""

    TABLE = "table"
    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"


AsFormat = Annotated[ReportFormat, typer.Option("--format", help="A table to read, or what a program reads.")]
OutFile = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where CSV or Parquet go.")]


def show_report(
    name: str,
    row_type: type,
    rows: Sequence[Any],
    form: ReportFormat,
    out: Path | None,
    bar: str | None = None,
    has_total: bool = False,
) -> None:
    """Print a report, or write it to a file. Raises `InvalidValue`.

    `bar` names the column that a table draws; with `has_total` a table sums its amounts up.
    """
    match form:
        case ReportFormat.TABLE:
            _print_tables(row_type, rows, bar, has_total)
        case ReportFormat.JSON:
            print_json([{key: _json(value) for key, value in _values(row)} for row in rows])
        case _:
            _write(report_schema(name, row_type), rows, TableFormat(form), out)


def report_schema(name: str, row_type: type) -> TableSchema:
    """The table of a kind of row as files have it: amounts in major units, with the currency in a column of its own."""
    types = get_type_hints(row_type)
    columns = tuple(_column(key, types[key], sentence) for key, sentence in sentences(row_type).items())
    return TableSchema(name, schema_version, columns)


def _column(name: str, kind: Any, sentence: str) -> Column:
    if kind in (Money, Money | None):
        return Column(name, ColumnType.DECIMAL, sentence, money_places)
    if kind in (Decimal, Decimal | None):
        return Column(name, ColumnType.DECIMAL, sentence, number_places)
    types = {int: ColumnType.INTEGER, date: ColumnType.DATE, date | None: ColumnType.DATE}
    return Column(name, types.get(kind, ColumnType.TEXT), sentence)


def _write(schema: TableSchema, rows: Sequence[Any], form: TableFormat, out: Path | None) -> None:
    cells = [[_cell(value) for _, value in _values(row)] for row in rows]
    if out is not None:
        written = write_table_file(out, form, schema, [cells])
        note(f"{out} has {written.rows:,} rows")
    elif form is TableFormat.PARQUET:
        raise InvalidValue("Parquet is no text; say with `--out FILE` where it goes")
    else:
        write_table(sys.stdout.buffer, form, schema, [cells])


def _values(row: Any) -> Iterator[tuple[str, Any]]:
    assert is_dataclass(row), "reports are rows"
    return ((each.name, getattr(row, each.name)) for each in fields(row))


def _cell(value: Any) -> Cell:
    return value.amount if isinstance(value, Money) else value


def _json(value: Any) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return plain(value)
    return str(value) if isinstance(value, Money) else value


def _print_tables(row_type: type, rows: Sequence[Any], bar: str | None, has_total: bool) -> None:
    """One table for each currency, with the amounts to the right."""
    names = [name for name in sentences(row_type) if name != "currency"]
    types = get_type_hints(row_type)
    numbers = [name.replace("_", " ") for name in names if types[name] in _NUMBERS]
    for currency, found in groupby(rows, key=lambda row: row.currency):
        own = list(found)
        heads = [name.replace("_", " ") for name in names]
        lines = [[_text(getattr(row, name)) for name in names] for row in own]
        if bar is not None:
            heads.append("")
            for line, drawn in zip(lines, bars([getattr(row, bar).amount_minor for row in own]), strict=True):
                line.append(drawn)
        if has_total:
            lines.append(_total(own, names))
        print_table([*heads[:1], "currency", *heads[1:]], [[*line[:1], currency, *line[1:]] for line in lines], numbers)
    if not rows:
        note("There is nothing to report")


def _total(rows: Sequence[Any], names: Sequence[str]) -> list[str]:
    """The last line of a table: the sums of its amounts."""
    amounts = [[getattr(row, name) for row in rows] for name in names[1:]]
    return ["total", *(_text(sum(each[1:], each[0])) if isinstance(each[0], Money) else "" for each in amounts), ""]


_NUMBERS = (Money, Money | None, Decimal, Decimal | None, int)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, ",f")
    return f"{value.amount:,f}" if isinstance(value, Money) else str(value)


def bars(amounts: Sequence[int]) -> list[str]:
    """A bar for each amount above zero, as long as it is beside the greatest."""
    greatest = max(amounts, default=0)
    return ["█" * _length(amount, greatest) if amount > 0 else "" for amount in amounts]


def _length(amount: int, greatest: int) -> int:
    return max(1, int(Fraction(bar_width * amount, greatest)))
