"""`gateway plans`."""

import tomllib
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import note, print_json, print_table
from gateway.core.errors import InvalidValue
from gateway.services.define import apply_definitions

group = typer.Typer(name="plans", help="What is counted and what it costs.", no_args_is_help=True)


@group.command()
def apply(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Event types, meters and plans as TOML.")],
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
                "unchanged": list(applied.unchanged),
            }
        )
        return
    for kind, names in (("event types", applied.event_types), ("meters", applied.meters), ("plans", applied.plans)):
        if names:
            note(f"Added {kind}: {', '.join(names)}")
    if applied.unchanged:
        note(f"Unchanged: {', '.join(applied.unchanged)}")


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
