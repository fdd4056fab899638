"""What goes wrong, drawn by chance: processes that end or stop for a while, and storage that fails."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Any

from gateway.core.ports.storage import Priority, UnitOfWork
from gateway.storage.database import Database
from tests.simulator.temper import Temper

Work = Callable[[UnitOfWork], Any]


class Crash(KeyboardInterrupt):
    """The process ends here, and with it all that it has in memory. Only an interruption passes the wall of plugins."""


class StorageFailed(Exception):
    """Storage says that a transaction failed; whether that is true is another matter."""


class Mishap(Enum):
    """What may happen around a transaction."""

    CRASH_BEFORE = "crash before"
    CRASH_WITHIN = "crash before the commit"
    CRASH_AFTER = "crash after"
    FAILURE_WITHIN = "failed and undone"
    LOST_ANSWER = "done, but said to have failed"
    PAUSE_BEFORE = "pause before"
    PAUSE_AFTER = "pause after"


_PAUSES = (Mishap.PAUSE_BEFORE, Mishap.PAUSE_AFTER)
_ENDS = tuple(mishap for mishap in Mishap if mishap not in _PAUSES)


@dataclass(frozen=True, slots=True)
class Pause:
    """How a process stops for a while; only a `bounded` one may lie between saying that a call is made and the call."""

    is_bounded: bool


class Fate:
    """Draws mishaps; `pause` lets the rest of the world go on while a process stands still."""

    def __init__(self, random: Random, temper: Temper) -> None:
        self.random = random
        self.temper = temper
        self.pause: Callable[[Pause], None] = lambda _: None
        self.is_delivering = False
        self.counted = dict.fromkeys(Mishap, 0)
        self._is_quiet = False

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Nothing goes wrong meanwhile."""
        was_quiet, self._is_quiet = self._is_quiet, True
        yield
        self._is_quiet = was_quiet

    def hits(self, chance: float) -> bool:
        """Whether something of this chance happens now."""
        return not self._is_quiet and self.random.random() < chance

    def mishap(self) -> Mishap | None:
        """What happens to the transaction or call that is about to begin."""
        rate = self.temper.delivery_mishaps if self.is_delivering else self.temper.transaction_mishaps
        if not self.hits(rate):
            return None
        drawn = self.random.choice(_PAUSES if self.random.random() < self.temper.pauses else _ENDS)
        self.counted[drawn] += 1
        return drawn


class MortalStorage:
    """One process's way to the database. `committed` is told of every result before the process can hear of it."""

    def __init__(self, database: Database, fate: Fate) -> None:
        self.committed: Callable[[Any], None] = _nobody
        self._database = database
        self._fate = fate
        self._gathered: list[tuple[Work, Priority, Future[Any]]] | None = None

    def transact(self, work: Work, priority: Priority = Priority.INTERACTIVE) -> Any:
        """See `Storage.transact`."""
        mishap = self._fate.mishap()
        if mishap is None:
            return self._commit(work, priority)
        if mishap is Mishap.CRASH_BEFORE:
            raise Crash
        if mishap is Mishap.PAUSE_BEFORE:
            self._fate.pause(Pause(is_bounded=False))
        if mishap in {Mishap.CRASH_WITHIN, Mishap.FAILURE_WITHIN}:
            error = Crash() if mishap is Mishap.CRASH_WITHIN else StorageFailed()
            self._database.transact(_undone(work, error), priority)
        result = self._commit(work, priority)
        if mishap is Mishap.CRASH_AFTER:
            raise Crash
        if mishap is Mishap.LOST_ANSWER:
            raise StorageFailed
        if mishap is Mishap.PAUSE_AFTER:
            self._fate.pause(Pause(is_bounded=True))
        return result

    def submit(self, work: Work, priority: Priority = Priority.INTERACTIVE) -> "Future[Any]":
        """See `Storage.submit`; the work is done before this returns, unless it is gathered."""
        future: Future[Any] = Future()
        if self._gathered is not None:
            self._gathered.append((work, priority, future))
            return future
        self._resolve(work, priority, future)
        return future

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """What is submitted meanwhile is done at the end, so that requests can wait for one another."""
        self._gathered = []
        yield
        gathered, self._gathered = self._gathered, None
        for work, priority, future in gathered:
            self._resolve(work, priority, future)

    def read(self, work: Work) -> Any:
        """See `Storage.read`."""
        return self._database.read(work)

    def snapshot(self) -> AbstractContextManager[UnitOfWork]:
        """See `Storage.snapshot`."""
        return self._database.snapshot()

    def _resolve(self, work: Work, priority: Priority, future: "Future[Any]") -> None:
        try:
            result = self.transact(work, priority)
        except Exception as error:  # as the writer of the database does
            future.set_exception(error)
        else:
            future.set_result(result)

    def _commit(self, work: Work, priority: Priority) -> Any:
        result = self._database.transact(work, priority)
        self.committed(result)
        return result


def _nobody(_: Any) -> None:
    """Nobody wants to know what was committed."""


def _undone(work: Work, error: BaseException) -> Work:
    """The same work, which fails at its end."""

    def fail(unit: UnitOfWork) -> None:
        work(unit)
        raise error

    return fail
