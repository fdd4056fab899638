"""A company that bills: on both databases, and on SQLite where the database makes no difference."""

import pytest

from gateway.services.installation import Installation
from tests.services.billing import Company
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
