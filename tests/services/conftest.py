"""A company that bills, and a gateway that delivers: on both databases, and on SQLite where it makes no difference."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gateway.services.installation import Installation
from gateway.storage.database import open_database
from tests.services.billing import Company
from tests.services.delivering import World
from tests.support import FixedClock


@pytest.fixture
def company(installation: Installation, clock: FixedClock) -> Company:
    """A company with the plan `pro`, on both databases."""
    made = Company(installation, clock)
    made.define()
    return made


@pytest.fixture
def sqlite_company(sqlite_installation: Installation, clock: FixedClock) -> Company:
    """A company with the plan `pro`, on SQLite."""
    made = Company(sqlite_installation, clock)
    made.define()
    return made


@pytest.fixture
def other_company(company: Company, database_url: str) -> Iterator[Company]:
    """The same company in another process: its own connections, its own projector."""
    storage = open_database(database_url, synchronous="OFF")
    other = company.on(storage)
    other.installation = replace(other.installation, ids=company.installation.ids)
    yield other
    storage.close()


@pytest.fixture
def world(installation: Installation, clock: FixedClock) -> World:
    """A gateway with a sandbox to deliver to, on both databases."""
    return World.of(installation, clock)


@pytest.fixture
def sqlite_world(sqlite_installation: Installation, clock: FixedClock) -> World:
    """A gateway with a sandbox to deliver to, on SQLite."""
    return World.of(sqlite_installation, clock)
