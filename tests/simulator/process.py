"""A process of the gateway: all that it has in memory, and how it ends."""

from typing import cast

from gateway.core.ports.storage import Storage
from gateway.plugin_api import BillingProvider
from gateway.services.installation import Installation
from gateway.services.project import Projector
from gateway.services.recent_events import RecentEvents
from gateway.services.record_events import Recorder
from gateway.storage.database import Database, open_database
from tests.shared_statements import share_statements
from tests.simulator.fate import Fate, MortalStorage
from tests.simulator.world_time import SkewedClock
from tests.support import CountingIds

CONNECTION = "main"


class Process:
    """One process; several of them share a database, the world, and nothing else."""

    def __init__(
        self, name: str, url: str, clock: SkewedClock, ids: CountingIds, fate: Fate, provider: BillingProvider
    ) -> None:
        self.name = name
        self.is_busy = False
        self.provider = provider
        self._url, self._clock, self._ids, self._fate = url, clock, ids, fate
        self._start()

    def restart(self) -> None:
        """End, and begin again with nothing but the database."""
        self.database.close()
        self._start()

    def close(self) -> None:
        """End."""
        self.database.close()

    def _start(self) -> None:
        share_statements()
        self.database: Database = open_database(self._url, synchronous="OFF")
        self.storage = MortalStorage(self.database, self._fate)
        self.installation = Installation(
            storage=cast(Storage, self.storage),
            business_clock=self._clock,
            system_clock=self._clock,
            ids=self._ids,
            connection=CONNECTION,
        )
        temper = self._fate.temper
        self.recorder = Recorder(self.installation, RecentEvents(temper.recent_events_max))
        recent = None if temper.is_projector_apart else self.recorder.recent
        self.projector = Projector(self.installation, recent)
