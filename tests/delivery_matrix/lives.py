"""One life of a worker: it delivers what is due, and ends where it is told to, within this process or by kill -9."""

import multiprocessing
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NoReturn, cast
from unittest.mock import patch
from weakref import WeakSet

from gateway.core.ports.clock import Clock
from gateway.core.ports.storage import Storage
from gateway.plugin_api import BillingProvider
from gateway.services.clocks import RandomIds
from gateway.services.installation import Installation
from gateway.storage.database import Database, open_database
from gateway.testing import FakeHost
from plugins.chargebee.tests.connecting import few_authorities
from tests.delivery_matrix.case import deliver_one, plugin_of, state_in
from tests.services.delivering import Crash, MortalProvider
from tests.services.mortal import Mortal
from tests.support import FixedClock


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker that is to live: its database, the time, its connection's settings, and where it ends."""

    url: str
    now: datetime
    table: dict[str, Any]
    ends_at: int = 0
    timeout_seconds: float | None = None


@dataclass
class Points:
    """The points that a life passes, with the number of requests begun by then; it ends at one of them."""

    ends_at: int
    end: Callable[[], None]
    passed: list[tuple[str, int]] = field(default_factory=list)
    begun: int = 0
    sent: int = 0

    def __call__(self, name: str) -> None:
        self.passed.append((name, self.begun))
        if len(self.passed) == self.ends_at:
            self.end()


def crash() -> NoReturn:
    """End as if killed, for whoever looks at database and network only."""
    raise Crash


def live(worker: Worker, points: Points, database: Database, clock: Clock | None = None) -> bool:
    """Deliver what is due longest; whether the worker has survived it."""
    clock = clock or FixedClock(worker.now)
    storage = cast(Storage, Mortal(database, points))
    plugin = plugin_of(worker.table, _Host(points, database), worker.timeout_seconds)
    mortal = MortalProvider(cast(BillingProvider, plugin), points)
    installation = Installation(storage, clock, clock, RandomIds(), "main")
    # Books in files have no server.
    port = int(worker.table.get("api_base", ":0").rpartition(":")[2])
    try:
        with _noticing_what_is_sent(port, points):
            deliver_one(installation, mortal)
    except Crash:
        return False
    return True


class Process:
    """The same life in a process of its own, which is killed, or stopped, at its point."""

    def __init__(self, worker: Worker, how: signal.Signals = signal.SIGKILL) -> None:
        # Points passed, requests sent, and the seconds that have gone by for it.
        self._noted = _context.RawArray("i", 3)
        self._process = _context.Process(target=_live_apart, args=(worker, how, self._noted))
        self._process.start()

    @property
    def sent(self) -> int:
        """How many requests have left it."""
        return int(self._noted[1])

    def wait_for_stop(self) -> bool:
        """Wait until it stands still, or has ended without that."""
        while self._process.is_alive():
            with suppress(FileNotFoundError), open(f"/proc/{self._process.pid}/stat") as status:
                if status.read().rpartition(")")[2].split()[0] == "T":
                    return True
            self._process.join(0.002)
        return False

    def wake(self, seconds_gone_by: int) -> None:
        """Let it go on, to its end, by a clock that shows so much more."""
        self._noted[2] = seconds_gone_by
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGCONT)
        self.wait()

    def wait(self) -> bool:
        """Wait until it has ended; whether it did so by itself."""
        self._process.join()
        assert self._process.exitcode in {0, -signal.SIGKILL}, f"the worker ended with {self._process.exitcode}"
        return self._process.exitcode == 0


# A server that has imported everything and forks: a life costs milliseconds, and no thread is forked in mid-air.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.delivery_matrix.lives"])


def _live_apart(worker: Worker, how: signal.Signals, noted: Any) -> None:
    points = _Noted(worker.ends_at, lambda: os.kill(os.getpid(), how), noted=noted)
    database = open_database(worker.url, synchronous="OFF")
    with few_authorities():
        live(worker, points, database, _SharedClock(worker.now, noted))
    database.close()


@dataclass(frozen=True, slots=True)
class _SharedClock:
    """A clock that another process moves."""

    start: datetime
    noted: Any

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.noted[2])


@dataclass
class _Noted(Points):
    """Points that another process can see."""

    noted: Any = None

    def __call__(self, name: str) -> None:
        self.noted[0], self.noted[1] = len(self.passed) + 1, self.sent
        super().__call__(name)


class _Host(FakeHost):
    def __init__(self, points: Points, database: Database) -> None:
        super().__init__(state_in(database))
        self._points = points

    def pace(self) -> None:
        self._points.begun += 1
        self._points("before a request")


@contextmanager
def _noticing_what_is_sent(port: int, points: Points) -> Iterator[None]:
    """Pass a point when a request has left, before anything of its answer is read."""
    seen: WeakSet[socket.socket] = WeakSet()

    def noticing(name: str) -> Callable[..., Any]:
        receive = getattr(socket.socket, name)

        def call(self: socket.socket, *arguments: Any, **options: Any) -> Any:
            if self not in seen and _is_to(self, port):
                seen.add(self)
                points.sent += 1
                points("after a request left")
            return receive(self, *arguments, **options)

        return call

    patches = [patch.object(socket.socket, name, noticing(name)) for name in ("recv", "recv_into")]
    with patches[0], patches[1]:
        yield


def _is_to(connection: socket.socket, port: int) -> bool:
    with suppress(OSError):
        return bool(connection.getpeername()[1] == port)
    return False
