"""Databases outside of pytest: copies of a migrated one, in memory where the machine has a place for files."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from gateway.storage.database import open_database
from gateway.storage.migrate import migrate


@contextmanager
def fresh_database() -> Iterator[Path]:
    """The file of an empty, migrated SQLite database, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="gateway-tests-", dir=_folder()) as folder:
        path = Path(folder) / "gateway.db"
        path.write_bytes(_template())
        yield path


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
