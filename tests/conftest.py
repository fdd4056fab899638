"""Databases for every test: empty, migrated, and gone afterwards; one PostgreSQL server for the whole run."""

import gc
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from gateway.services.installation import Installation
from gateway.storage.database import Database, open_database
from gateway.storage.migrate import migrate
from tests.postgres_server import PostgresServer
from tests.processor_time import counted, require_quick, tell_costs
from tests.shared_statements import share_statements
from tests.support import CountingIds, FixedClock

# The same examples in every run, and none refused for the time it took: that says more of the machine than of the code.
settings.register_profile("suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
# A mutant only has to be found, not understood.
settings.register_profile(
    "mutation", settings.get_profile("suite"), database=None, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile("suite")
share_statements()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--corpus FOLDER` and `--costs N`; here, because only this file is read before the command line is."""
    parser.addoption("--corpus", type=Path, help="a folder of worked cases to run instead of our own")
    parser.addoption("--costs", type=int, metavar="N", help="list the N tests that took the most processor time")


_server = pytest.StashKey[PostgresServer]()


def pytest_configure(config: pytest.Config) -> None:
    """Every process of the run knows the folder of the one server; nothing is started yet."""
    shared = getattr(config, "workerinput", {}).get("postgres_folder")
    config.stash[_server] = PostgresServer(Path(shared)) if shared else PostgresServer.of_new_run()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the server is, or will be."""
    node.workerinput["postgres_folder"] = str(node.config.stash[_server].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The process that began the run ends the server."""
    if not hasattr(config, "workerinput"):
        config.stash[_server].stop()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage among what lives as long as the run: nearly ten thousand tests, and all that they import.

    That took a third of the time of collecting, and half a second now and then while tests ran.
    """
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """What a test needs is part of its cost, and what several share of that of the first."""
    with counted(item):
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A quick test that is not quick fails, or is named at the end."""
    with counted(item):
        yield
    require_quick(item)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name the tests that are costly."""
    tell_costs(terminalreporter, config.getoption("costs"))


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> PostgresServer:
    """The server of this run."""
    return pytestconfig.stash[_server]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file to copy."""
    path = tmp_path_factory.mktemp("template") / "gateway.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer, worker_id: str) -> str:
    """The name of a migrated database to copy."""
    name = f"template_{worker_id}"
    postgres_server.execute(f"CREATE DATABASE {name}")
    _migrate(postgres_server.url(name))
    return name


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Where an empty, migrated SQLite database is."""
    path = tmp_path / "gateway.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


_numbers = count(1)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_template: str, worker_id: str) -> Iterator[str]:
    """Where an empty, migrated PostgreSQL database is."""
    name = f"test_{worker_id}_{next(_numbers)}"
    postgres_server.execute(f"CREATE DATABASE {name} TEMPLATE {postgres_template} STRATEGY FILE_COPY")
    yield postgres_server.url(name)
    postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Where an empty, migrated database is: on SQLite, and on PostgreSQL."""
    name = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty, migrated database: on SQLite, and on PostgreSQL."""
    yield from _opened(database_url)


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """An empty, migrated SQLite database."""
    yield from _opened(sqlite_url)


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[Database]:
    """An empty, migrated PostgreSQL database."""
    yield from _opened(postgres_url)


@pytest.fixture
def clock() -> FixedClock:
    """The time, for billing and for leases, until a test moves it."""
    return FixedClock()


@pytest.fixture
def installation(database: Database, clock: FixedClock) -> Installation:
    """A gateway without data: on SQLite, and on PostgreSQL."""
    return _installation(database, clock)


@pytest.fixture
def sqlite_installation(sqlite_database: Database, clock: FixedClock) -> Installation:
    """A gateway without data, on SQLite."""
    return _installation(sqlite_database, clock)


def _installation(database: Database, clock: FixedClock) -> Installation:
    return Installation(
        storage=database, business_clock=clock, system_clock=clock, ids=CountingIds(), connection="main"
    )


def _migrate(url: str) -> None:
    database = open_database(url, synchronous="OFF")
    migrate(database)
    database.close()


def _opened(url: str) -> Iterator[Database]:
    database = open_database(url, synchronous="OFF")
    yield database
    database.close()
