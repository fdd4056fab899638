"""How commands get at the gateway that the configuration describes."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError

from gateway.app import Gateway, build, sqlite_file
from gateway.core.errors import GatewayError
from gateway.core.ports.storage import Storage
from gateway.services.recent_events import RecentEvents
from gateway.settings import Settings, load_settings
from gateway.storage.database import Database
from gateway.storage.migrate import WrongSchema, require_current

Config = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="The settings; ./gateway.toml if it exists.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]


class NoDatabase(GatewayError):
    """The SQLite file that the settings name does not exist."""

    code = "NO_DATABASE"


@contextmanager
def built(settings: Settings, recent: RecentEvents | None = None) -> Iterator[Gateway]:
    """The gateway of `build`, closed at the end; a SQLite file that does not exist is made."""
    gateway = build(settings, recent)
    try:
        yield gateway
    finally:
        gateway.close()


def settings_of(config: Path | None, changes: Mapping[str, str] | None = None) -> Settings:
    """The settings; `changes` override them as the environment does. Raises `InvalidSettings`."""
    return load_settings(config, {**os.environ, **(changes or {})})


def require_file(settings: Settings) -> None:
    """Raise `NoDatabase` if the settings name a SQLite file that does not exist: opening it would make it."""
    file = sqlite_file(settings)
    if file is not None and not file.exists():
        raise NoDatabase(f"There is no database {file}; run `gateway migrate`, or correct `storage.url`")


@contextmanager
def storage_if_there(settings: Settings) -> Iterator[Storage | None]:
    """The database that the settings name; None if it is not there, or has not the schema of this program."""
    file = sqlite_file(settings)
    if file is not None and not file.exists():
        yield None
        return
    with built(settings) as gateway:
        yield gateway.database if _is_current(gateway.database) else None


def _is_current(database: Database) -> bool:
    try:
        require_current(database)
    except (WrongSchema, DBAPIError):
        return False
    return True


@contextmanager
def opened(config: Path | None) -> Iterator[Gateway]:
    """The gateway that the settings describe, on a database of the right schema. Raises `WrongSchema`, `NoDatabase`."""
    settings = settings_of(config)
    require_file(settings)
    with built(settings) as gateway:
        require_current(gateway.database)
        yield gateway
