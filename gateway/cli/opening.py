"""How commands get at the gateway that the configuration describes."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from gateway.app import Gateway, built, sqlite_file
from gateway.core.errors import GatewayError
from gateway.settings import Settings, load_settings
from gateway.storage.revision import require_current

Config = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="The settings; ./gateway.toml if it exists.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]


class NoDatabase(GatewayError):
    """The SQLite file that the settings name does not exist."""

    code = "NO_DATABASE"


def settings_of(config: Path | None, changes: Mapping[str, str] | None = None) -> Settings:
    """The settings; `changes` override them as the environment does. Raises `InvalidSettings`."""
    return load_settings(config, {**os.environ, **(changes or {})})


def require_file(settings: Settings) -> None:
    """Raise `NoDatabase` if the settings name a SQLite file that does not exist: opening it would make it."""
    file = sqlite_file(settings)
    if file is not None and not file.exists():
        raise NoDatabase(f"There is no database {file}; run `gateway migrate`, or correct `storage.url`")


@contextmanager
def opened(config: Path | None) -> Iterator[Gateway]:
    """The gateway that the settings describe, on a database of the right schema. Raises `WrongSchema`, `NoDatabase`."""
    settings = settings_of(config)
    require_file(settings)
    with built(settings) as gateway:
        require_current(gateway.database)
        yield gateway
