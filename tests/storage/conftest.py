"""More databases: a second door to the same one, and one without any table."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from gateway.storage.database import Database, open_database
from tests.postgres_server import PostgresServer

_numbers = count(1)


@pytest.fixture
def second_database(database: Database, database_url: str) -> Iterator[Database]:
    """The same database as `database`, opened again as another process would."""
    opened = open_database(database_url, synchronous="OFF")
    yield opened
    opened.close()


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """A SQLite database without tables."""
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer, worker_id: str) -> Iterator[str]:
    """A PostgreSQL database without tables."""
    name = f"empty_{worker_id}_{next(_numbers)}"
    postgres_server.execute(f"CREATE DATABASE {name}")
    yield postgres_server.url(name)
    postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """A database without tables, on SQLite and on PostgreSQL."""
    name = {"sqlite": "empty_sqlite_url", "postgresql": "empty_postgres_url"}[request.param]
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def empty_database(empty_url: str) -> Iterator[Database]:
    """A database without tables, opened."""
    opened = open_database(empty_url, synchronous="OFF")
    yield opened
    opened.close()
