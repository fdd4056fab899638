"""`gateway export`: events, usage, invoices and the journal as tables, for analysis elsewhere."""

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import bar_of, complain, counted, note, print_json, progress
from gateway.core.errors import InvalidValue
from gateway.services.datasets import Dataset
from gateway.services.export_data import (
    DATASETS,
    Exported,
    Verified,
    export_to_folder,
    export_to_stream,
    verify_folder,
)
from gateway.tables.writing import TableFormat

STANDARD_OUTPUT = "-"

group = typer.Typer(
    name="export", help="Events, usage, invoices and the journal as tables, for analysis.", no_args_is_help=True
)

Out = Annotated[
    str, typer.Option("--out", metavar="DIR", help="The folder, which is made or continued; - is standard output.")
]
Format = Annotated[TableFormat, typer.Option("--format", help="How files are written.")]
Since = Annotated[
    int | None,
    typer.Option(min=0, metavar="POSITION", help="Begin behind this position; a folder goes on where it ends."),
]
_HELP = {
    "events": "Export accepted events and their corrections, by position in the log.",
    "usage": "Export live counts by the hour: the hours that have changed since a position.",
    "invoices": "Export final invoices, and what happens to them later as rows of their own.",
    "invoice-lines": "Export the lines of final invoices, and those that are voided or credited later.",
    "transfers": "Export the transfers of the journal, in the order in which they were committed.",
}


def _command(name: str) -> Callable[..., None]:
    def command(
        out: Out,
        table_format: Format = TableFormat.CSV,
        since: Since = None,
        config: Config = None,
        as_json: AsJson = False,
    ) -> None:
        _export(DATASETS[name], out, table_format, since, config, as_json)

    command.__doc__ = _HELP[name]
    return command


for _name in DATASETS:
    group.command(_name)(_command(_name))


@group.command()
def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that was exported to.")],
    as_json: AsJson = False,
) -> None:
    """Compare the files of a folder with their manifests; 1 if any is not as it was."""
    found = list(verify_folder(folder))
    if as_json:
        print_json([asdict(each) for each in found])
    for each in found:
        _report(each)
    if any(each.faults for each in found):
        raise typer.Exit(1)


def _export(
    dataset: Dataset, out: str, table_format: TableFormat, since: int | None, config: Path | None, as_json: bool
) -> None:
    to_stream = out == STANDARD_OUTPUT
    if to_stream and (as_json or table_format is not TableFormat.CSV):
        raise InvalidValue("Standard output takes the table as CSV, and nothing else; name a folder with --out DIR")
    with opened(config) as gateway, progress() as bars:
        told = bar_of(bars, f"Exporting {dataset.schema.name}")
        if to_stream:
            done = export_to_stream(gateway.installation, dataset, sys.stdout.buffer, since, told)
            sys.stdout.flush()
        else:
            done = export_to_folder(gateway.installation, dataset, Path(out), table_format, since, told)
    if as_json:
        print_json(asdict(done))
    _note(done, to_stream)


def _note(done: Exported, to_stream: bool) -> None:
    if done.through == done.after:
        note(f"Nothing new of {done.dataset} behind position {done.after}")
        return
    where = f"; go on with --since {done.through}" if to_stream else f", in {counted(len(done.files), 'new file')}"
    note(f"{counted(done.rows, 'row')} of {done.dataset}, positions {done.after + 1} to {done.through}{where}")


def _report(found: Verified) -> None:
    for fault in found.faults:
        complain(f"{found.dataset}: {fault}")
    note(
        f"{found.dataset}: {counted(found.rows, 'row')} in {counted(found.files, 'file')}, through position"
        f" {found.through}; {counted(len(found.faults), 'fault')}"
    )
