"""The rows of the result: a table to read, JSON to compare."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One measured number, beside another of the same run where that says more, and against its bar if it has one."""

    path: str
    value: float
    unit: str
    ratio: float | None = None
    against: str | None = None
    bar: float | None = None
    met: bool | None = None


def at_least(path: str, value: float, unit: str, bar: float) -> Row:
    """A number that must not be below its bar."""
    return Row(path, value, unit, bar=bar, met=value >= bar)


def at_most(path: str, value: float, unit: str, bar: float) -> Row:
    """A number that must not be above its bar."""
    return Row(path, value, unit, bar=bar, met=value <= bar)


def write_json(rows: Sequence[Row], file: Path) -> None:
    """The rows as a JSON list, values rounded to three places."""
    file.parent.mkdir(exist_ok=True)
    rounded = [replace(row, value=round(row.value, 3), ratio=row.ratio and round(row.ratio, 3)) for row in rows]
    file.write_bytes(msgspec.json.format(msgspec.json.encode(rounded), indent=2) + b"\n")


def print_table(rows: Sequence[Row], console: Console) -> None:
    """The rows as a table."""
    table = Table("path", "value", "unit", "ratio", "against", "bar", "")
    for column in (1, 3, 5):
        table.columns[column].justify = "right"
    for row in rows:
        verdict = {None: "", True: "[green]met[/green]", False: "[bold red]not met[/bold red]"}[row.met]
        table.add_row(row.path, _text(row.value), row.unit, _text(row.ratio), row.against, _text(row.bar), verdict)
    console.print(table)


def _text(number: float | None) -> str:
    if number is None:
        return ""
    return f"{number:,.0f}" if abs(number) >= 1_000 or number == int(number) else f"{number:,.2f}"
