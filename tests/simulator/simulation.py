"""One seed: the gateway's processes, the world around them, the model, and what happens in which order."""

import hashlib
import sqlite3
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from gateway.core.ports.storage import UnitOfWork
from gateway.plugin_api import BillingProvider
from tests.simulator import checks
from tests.simulator.count_model import CountModel, Defined
from tests.simulator.delivery_checks import AnyWorld
from tests.simulator.fate import Crash, Fate, Pause, StorageFailed
from tests.simulator.faulty_provider import FaultyProvider
from tests.simulator.invoice_checks import InvoiceModel
from tests.simulator.log_model import LogModel
from tests.simulator.process import Process
from tests.simulator.provider_world import ProviderWorld
from tests.simulator.senders import Senders, SentBatch
from tests.simulator.temper import Temper
from tests.simulator.vendor_world import VendorWorld
from tests.simulator.world_time import SkewedClock, WorldTime
from tests.support import CountingIds
from tests.vendors.accounts import Account

operations_per_seed = 500
operations_per_full_check = 50
shown_operations = 40
_short_pause_max = timedelta(minutes=4)
_PAUSES = tuple(timedelta(hours=hours) for hours in (0.02, 3, 25, 49, 49))
_PAUSED_BEFORE = (0.03, 0.5, 1.0)
"""Which part of a pause is over when others take the work over; the rest has passed when the paused one wakes."""
_MEANWHILE_MAX = 5

Operation = Callable[["Simulation", Process], str]
"""Does something in a process; what came of it, for the trace."""


class Simulation:
    """A gateway of several processes on one database, with all that surrounds it."""

    def __init__(
        self, seed: int, database: Path, operations: dict[str, tuple[float, Operation]], account: Account | None = None
    ) -> None:
        self.random = Random(seed)
        self.temper = Temper.drawn(self.random, {name: weight for name, (weight, _) in operations.items()})
        self.time = WorldTime()
        self.clock = SkewedClock(self.time)
        self.fate = Fate(self.random, self.temper)
        self.fate.pause = self._pause
        self.provider: AnyWorld = ProviderWorld(self.time.now) if account is None else VendorWorld(account)
        self.time.on_passing = self.provider.pass_to
        self.senders = Senders(self.random)
        self.unanswered: list[SentBatch] = []
        self.batches: list[SentBatch] = []
        self.log = LogModel()
        self.counts = CountModel(Defined(frozenset(), frozenset(), {}, {}, ()), self.log.events)
        self.invoices = InvoiceModel()
        self.delivered: set[str] = set()
        self.history = [self.counts.defined]
        self.trace: deque[str] = deque(maxlen=shown_operations)
        self.done: Counter[str] = Counter()
        self.digest = hashlib.blake2b(digest_size=16)
        self.raw = sqlite3.connect(database, isolation_level=None)
        ids, url = CountingIds(), f"sqlite:///{database}"
        self.processes = [
            Process(f"process {number}", url, self.clock, ids, self.fate, self._connected())
            for number in range(1, self.temper.processes + 1)
        ]
        self._operations = {name: operation for name, (_, operation) in operations.items()}
        self._under_way: list[str] = []
        self._history_from = 0
        self._wakes_by: datetime | None = None

    def _connected(self) -> BillingProvider:
        """A process's own way to the provider."""
        if isinstance(self.provider, VendorWorld):
            return self.provider.connect(self.fate)
        return FaultyProvider(self.provider, self.fate)

    def close(self) -> None:
        """End all processes."""
        self.raw.close()
        for process in self.processes:
            process.close()

    def idle(self) -> Process:
        """A process that does nothing at the moment; there is one between operations."""
        return self.random.choice([process for process in self.processes if not process.is_busy])

    def step(self) -> None:
        """Do one operation, drawn by its weight, and check what it can have touched."""
        self._history_from = len(self.history) - 1
        names = list(self.temper.weights)
        self.perform(self.random.choices(names, list(self.temper.weights.values()))[0])

    def perform(self, name: str) -> None:
        """Do an operation in some idle process, which may not survive it."""
        process = self.idle()
        process.is_busy = True
        self._under_way.append(name)
        was_delivering, self.fate.is_delivering = self.fate.is_delivering, name == "deliver"
        outcome = "failed"
        try:
            outcome = self._operations[name](self, process)
        except Crash:
            process.restart()
            outcome = "the process crashed"
        except StorageFailed:
            outcome = "storage failed"
        finally:
            self._note(process, outcome)
            self._under_way.pop()
            self.fate.is_delivering = was_delivering
            process.is_busy = False
        checks.check_after(self, name)

    @contextmanager
    def learning(self, process: Process, learn: Callable[[Any], None]) -> Iterator[None]:
        """Tell the model of every result that is committed in the process meanwhile."""
        process.storage.committed = learn
        try:
            yield
        finally:
            process.storage.committed = lambda _: None

    def redefine(self, process: Process) -> None:
        """Learn the definitions as they are now."""
        defined = process.database.read(Defined.read)
        if defined != self.counts.defined:
            self.history.append(defined)
            self.log.customers, self.log.types = defined.customers, defined.types
            self.counts.redefine(defined)

    @property
    def recent_history(self) -> list[Defined]:
        """The definitions in force since the operation under way began."""
        return self.history[self._history_from :]

    @property
    def is_held_up(self) -> bool:
        """Whether a process stands still that has to go on within minutes, before clocks are set or days pass."""
        return self._wakes_by is not None

    def pass_time(self, by: timedelta) -> timedelta:
        """Let time pass, but for no longer than a process that stands still may do so; how long it was."""
        if self._wakes_by is not None:
            by = min(by, self._wakes_by - self.time.now)
        self.time.advance(by)
        return by

    def look(self, read: Callable[[UnitOfWork], None]) -> None:
        """Read as anyone may, past all faults."""
        self.idle().database.read(read)

    def _pause(self, pause: Pause) -> None:
        """Let the rest of the world go on while the process that does the operation under way stands still."""
        if all(process.is_busy for process in self.processes):
            return
        wakes_by = self._wakes_by
        if pause.is_bounded:
            self._wakes_by = wakes_by or self.time.now + _short_pause_max
        length = self.random.random() * _short_pause_max if pause.is_bounded else self.random.choice(_PAUSES)
        self.trace.append(f"     pause of {length} in {self._under_way[-1]} begins")
        before = self.pass_time(length * self.random.choice(_PAUSED_BEFORE))
        self._go_on_meanwhile()
        self.pass_time(length - before)
        self._wakes_by = wakes_by
        self.trace.append("     pause ends")

    def _go_on_meanwhile(self) -> None:
        """Others do the same kind of thing, most likely, and then anything; at last the paused one goes on."""
        same = [self._under_way[-1]] * self.random.randint(1, 3)
        names = list(self.temper.weights)
        for name in [*same, *self.random.choices(names, k=self.random.randrange(_MEANWHILE_MAX))]:
            self.perform(name)

    def _note(self, process: Process, outcome: str) -> None:
        name = self._under_way[-1]
        self.done[name] += 1
        line = f"{self.done.total():4} {self.time.now:%Y-%m-%d %H:%M:%S} {process.name} {name}: {outcome}"
        self.trace.append(line)
        self.digest.update(line.encode())
