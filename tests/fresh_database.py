"""Databases outside of pytest: copies of a migrated one, in memory where the machine has a place for files."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from gateway.storage.database import Database, open_database
from gateway.storage.migrate import migrate

_compiled: dict[Any, Any] = {}
_dialects: list[Any] = []


@contextmanager
def fresh_database() -> Iterator[Path]:
    """The file of an empty, migrated SQLite database, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="gateway-tests-", dir=_folder()) as folder:
        path = Path(folder) / "gateway.db"
        path.write_bytes(_template())
        yield path


def share_statements(database: Database) -> None:
    """Let all engines use the statements that any of them has compiled.

    They follow from the code alone and so are no memory that a crash could take; compiling them again for every new
    process would take most of the time of a seed.
    """
    for engine in vars(database).values():
        if isinstance(engine, Engine):
            _dialects.append(engine.dialect)
            engine.dialect = _dialects[0]
            engine.update_execution_options(compiled_cache=_compiled)
            del _dialects[1:]


@cache
def _template() -> bytes:
    with tempfile.TemporaryDirectory(dir=_folder()) as folder:
        path = Path(folder) / "gateway.db"
        database = open_database(f"sqlite:///{path}", synchronous="OFF")
        migrate(database)
        database.close()
        return path.read_bytes()


def _folder() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
