"""APIs of gateways on SQLite: empty ones, and copies of one with a small company behind it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.services.clocks import RandomIds
from gateway.services.installation import Installation
from gateway.storage.database import Database, open_database
from tests.graphql.asking import Api
from tests.graphql.company import NOW, furnish
from tests.support import FixedClock

Furnished = Callable[[Callable[[Api], None]], Path]


def api_on(database: Database, clock: FixedClock) -> Api:
    """The API of the gateway in a database. Ids are random, so that a copy goes on with new ones."""
    return Api(Installation(database, clock, clock, RandomIds(), connection="main"))


@contextmanager
def opened(path: Path, clock: FixedClock) -> Iterator[Api]:
    """The API of the gateway in an SQLite file."""
    database = open_database(f"sqlite:///{path}", synchronous="OFF")
    yield api_on(database, clock)
    database.close()


@pytest.fixture(scope="session")
def furnished(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    """Makes the database file of a gateway that something was put into, to copy."""

    def make(put_in: Callable[[Api], None]) -> Path:
        path = tmp_path_factory.mktemp("furnished") / "gateway.db"
        shutil.copyfile(sqlite_template, path)
        with opened(path, FixedClock(NOW)) as api:
            put_in(api)
        return path

    return make


@pytest.fixture(scope="session")
def company_file(furnished: Furnished) -> Path:
    """The small company's database, to copy."""
    return furnished(furnish)


@pytest.fixture
def clock() -> FixedClock:
    """The time, until a test moves it."""
    return FixedClock(NOW)


@pytest.fixture
def api(sqlite_database: Database, clock: FixedClock) -> Api:
    """The API of a gateway without data."""
    return api_on(sqlite_database, clock)


@pytest.fixture
def company(company_file: Path, tmp_path: Path, clock: FixedClock) -> Iterator[Api]:
    """Two customers with usage, billed up to 1 March 2026."""
    with opened(shutil.copyfile(company_file, tmp_path / "company.db"), clock) as api:
        yield api
