"""How commands get at the gateway that the configuration describes."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from gateway.app import Gateway, build, sqlite_file
from gateway.core.errors import GatewayError
from gateway.settings import load_settings
from gateway.storage.migrate import require_current

Config = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="The settings; ./gateway.toml if it exists.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]


class NoDatabase(GatewayError):
    """The SQLite file that the settings name does not exist."""

    code = "NO_DATABASE"


@contextmanager
def configured(config: Path | None, changes: Mapping[str, str] | None = None) -> Iterator[Gateway]:
    """The gateway that the settings describe, whatever the schema of its database.

    `changes` override the settings as the environment does.
    """
    gateway = build(load_settings(config, {**os.environ, **(changes or {})}))
    try:
        yield gateway
    finally:
        gateway.close()


@contextmanager
def opened(config: Path | None) -> Iterator[Gateway]:
    """The gateway that the settings describe, on a database of the right schema. Raises `WrongSchema`, `NoDatabase`."""
    with configured(config) as gateway:
        file = sqlite_file(gateway)
        if file is not None and not file.exists():
            raise NoDatabase(f"There is no database {file}; run `gateway migrate`, or correct `storage.url`")
        require_current(gateway.database)
        yield gateway
