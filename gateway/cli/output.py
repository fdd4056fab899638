"""What commands print: results on standard output, everything about the work on standard error."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

_piped_width = 1_000


def errors() -> Console:
    """Standard error, looked up anew each time so that tests can capture it."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def complain(message: str) -> None:
    """An error, on standard error."""
    errors().print(f"[bold red]error:[/] {_escaped(message)}")


def note(message: str) -> None:
    """A word about the work, on standard error."""
    errors().print(_escaped(message))


def print_json(document: object) -> None:
    """A result for a program to read."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[str] = ()) -> None:
    """A result for a person to read; the columns in `numbers` are aligned to the right."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_escaped, row))
    # What reads a pipe must not find an id broken in two.
    Console(highlight=False, width=None if sys.stdout.isatty() else _piped_width).print(table)


@contextmanager
def progress() -> Iterator[Progress]:
    """Progress bars on standard error, where that is a terminal."""
    console = errors()
    with Progress(
        TextColumn("{task.description:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as bars:
        yield bars


def bar_of(bars: Progress, description: str) -> Callable[[int, int], None]:
    """A bar that is told how much is done, and of how much."""
    task = bars.add_task(description, total=None)
    return lambda done, total: bars.update(task, completed=done, total=total)


def counted(number: int, noun: str) -> str:
    """`1 invoice`, `2 invoices`: for nouns with a plural in s."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def dimensions_text(dimensions: Mapping[str, str]) -> str:
    """Dimension values on one line."""
    return ", ".join(f"{name}={value}" for name, value in dimensions.items())


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
