"""Carrying out a switch in a process of its own, which may be killed on the way."""

from datetime import datetime
from typing import cast

from gateway.core.ports.storage import Storage
from gateway.plugin_api import BillingProvider
from gateway.sandbox import SandboxProvider, SandboxSettings
from gateway.services.begin_switch import begin_switch
from gateway.services.clocks import RandomIds
from gateway.services.deliver import deliver_next
from gateway.services.installation import ConnectedProvider, Installation
from gateway.storage.database import open_database
from gateway.testing import FakeHost
from tests.services.bill_process import Killing
from tests.services.delivering import MortalProvider, MortalStorage
from tests.services.switching import RATE
from tests.support import FixedClock


def new_provider(file: str, clock: FixedClock) -> SandboxProvider:
    """The provider that customers go to, which keeps what it holds in a file."""
    return SandboxProvider("new", SandboxSettings(file=file, pays_by_itself=False), FakeHost(), clock.now)


def switch(url: str, file: str, crash_at: int, now: datetime) -> None:
    """Switch all customers of the database at `url`, as it is `now`, and deliver what is due; at the point `crash_at`
    (0: never) the process kills itself.
    """
    database, clock, point = open_database(url), FixedClock(now), Killing(crash_at)
    installation = Installation(
        storage=cast(Storage, MortalStorage(database, point)),
        business_clock=clock,
        system_clock=clock,
        ids=RandomIds(),
        connection="main",
        connections=tuple(ConnectedProvider(name, "sandbox", RATE) for name in ("main", "new")),
    )
    provider = cast(BillingProvider, MortalProvider(new_provider(file, clock), point))
    begin_switch(installation, "new", "ada")
    while deliver_next(installation, "new", provider, jitter=lambda: 0) is not None:
        pass
    database.close()
