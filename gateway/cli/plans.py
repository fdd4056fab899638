"""`gateway plans`."""

import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import note, print_json, print_table
from gateway.core.errors import InvalidValue
from gateway.services.define import DefinitionChange, apply_definitions, compare_definitions

group = typer.Typer(name="plans", help="What is counted and what it costs.", no_args_is_help=True)


@group.command()
def apply(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What is counted, what it costs and who bills it, as TOML.")
    ],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Apply a plan file: what is new is added, what changed is published as the next version."""
    document = read_definitions_file(file)
    with opened(config) as gateway:
        applied = apply_definitions(gateway.installation, document)
    if as_json:
        print_json(
            {
                "event_types": list(applied.event_types),
                "meters": list(applied.meters),
                "plans": list(applied.plans),
                "legal_entities": list(applied.legal_entities),
                "unchanged": list(applied.unchanged),
            }
        )
        return
    added = {
        "event types": applied.event_types,
        "meters": applied.meters,
        "plans": applied.plans,
        "legal entities": applied.legal_entities,
    }
    for kind, names in added.items():
        if names:
            note(f"Added {kind}: {', '.join(names)}")
    if applied.unchanged:
        note(f"Unchanged: {', '.join(applied.unchanged)}")


@group.command()
def diff(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What is counted, what it costs and who bills it, as TOML.")
    ],
    config: Config = None,
    as_json: AsJson = False,
    has_exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with code 1 if applying would change anything.")
    ] = False,
) -> None:
    """Say what `gateway plans apply` would change, and change nothing."""
    document = read_definitions_file(file)
    with opened(config) as gateway:
        changes = compare_definitions(gateway.installation, document)
    if as_json:
        print_json([asdict(change) for change in changes])
    else:
        for line in _lines(changes) if changes else ["Nothing would change."]:
            typer.echo(line)
    if changes and has_exit_code:
        raise typer.Exit(1)


def _lines(changes: Sequence[DefinitionChange]) -> Iterator[str]:
    for change in changes:
        number = "" if change.version is None else f", version {change.version}"
        yield f"{'~' if change.differences else '+'} {change.kind} {change.key}{number}"
        for each in change.differences:
            yield f"    {each.path}: {_text(each.before)} -> {_text(each.after)}"


def _text(value: object) -> str:
    """A value in a few words; `--json` has it whole."""
    match value:
        case None:
            return "nothing"
        case dict():
            return "{...}"
        case list():
            return f"{len(value)} items"
        case _:
            return json.dumps(value, ensure_ascii=False)


@group.command("list")
def list_(config: Config = None, as_json: AsJson = False) -> None:
    """List the published plan versions."""
    with opened(config) as gateway:
        plans = gateway.database.read(lambda unit: unit.definitions.plans())
    rows = [
        {"plan": plan.plan, "version": str(plan.version), "name": plan.name, "currency": plan.currency}
        for plan in plans
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(["plan", "version", "name", "currency"], [list(row.values()) for row in rows])


def read_definitions_file(file: Path) -> dict[str, object]:
    """The content of a plan file. Raises `InvalidValue` if it cannot be read as TOML."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidValue(f"{file} cannot be read as TOML: {error}") from None
