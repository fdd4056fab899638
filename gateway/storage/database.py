"""Connections and transactions: one writer on SQLite, row locks on PostgreSQL, one interface."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import PriorityQueue
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool, StaticPool

from gateway.core.errors import InvalidValue
from gateway.core.ports.storage import Priority, UnitOfWork
from gateway.storage.turnstile import Turnstile
from gateway.storage.unit_of_work import SqlUnitOfWork

T = TypeVar("T")
Work = Callable[[UnitOfWork], T]

attempts_max = 5
readers_max = 8
busy_wait_seconds = 5.0
sqlite_version_min = (3, 39)
# How long a job may be passed over by more urgent ones; what has waited longer than that goes first.
_PATIENCE_SECONDS = {Priority.INTERACTIVE: 0.0, Priority.INGEST: 0.005, Priority.BULK: 0.05}


def open_database(url: str, synchronous: str = "FULL") -> "Database":
    """The database at `url` (`sqlite:///file.db` or `postgresql://...`); raises `InvalidValue` for any other.

    `synchronous` is for tests: anything but FULL lets SQLite forget at a power cut what it acknowledged.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        # Without its text, which may hold a password.
        raise InvalidValue("Storage is no URL; write sqlite:///FILE or postgresql://USER@HOST/NAME") from None
    if parsed.get_backend_name() == "sqlite" and parsed.database not in {None, "", ":memory:"}:
        return SqliteDatabase(parsed, synchronous)
    if parsed.get_backend_name() == "postgresql":
        return PostgresDatabase(parsed.set(drivername="postgresql+psycopg"))
    raise InvalidValue(f"Storage {parsed.render_as_string()!r} is neither sqlite:///FILE nor postgresql://HOST/NAME")


class PostgresDatabase:
    """PostgreSQL: every transaction on the caller's thread, READ COMMITTED, run again when it could not serialize."""

    def __init__(self, url: URL) -> None:
        self.engine = create_engine(
            url,
            isolation_level="READ COMMITTED",
            pool_size=readers_max,
            max_overflow=readers_max,
            pool_pre_ping=True,
        )
        self.commits = 0
        self._submitted = ThreadPoolExecutor(max_workers=4, thread_name_prefix="transaction")

    def submit(self, work: Work[T], priority: Priority = Priority.INTERACTIVE) -> "Future[T]":
        """Run `work` in a transaction on another thread."""
        return self._submitted.submit(self.transact, work, priority)

    def transact(self, work: Work[T], priority: Priority = Priority.INTERACTIVE) -> T:
        """See `Storage.transact`."""
        del priority  # row locks order writers here

        def attempt() -> T:
            with self.engine.begin() as connection:
                return _done(work, connection)

        result = _until_it_serializes(attempt)
        self.commits += 1
        return result

    def read(self, work: Work[T]) -> T:
        """See `Storage.read`."""
        with self.snapshot() as unit:
            return work(unit)

    @contextmanager
    def snapshot(self) -> Iterator[UnitOfWork]:
        """See `Storage.snapshot`."""
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self.engine.connect().execution_options(**options) as connection:
            yield SqlUnitOfWork(connection)

    def close(self) -> None:
        """Wait for what was submitted, then close every connection."""
        self._submitted.shutdown()
        self.engine.dispose()


class SqliteDatabase:
    """SQLite in WAL mode: readers beside one writer thread, which serves a queue by urgency."""

    def __init__(self, url: URL, synchronous: str = "FULL") -> None:
        _require_sqlite()
        # Resolved, because processes that come by different paths have to meet at one turnstile.
        path = Path(url.database or "").resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self.commits = 0
        self._turnstile = Turnstile(path)
        pragmas = (*_SQLITE_PRAGMAS, f"synchronous = {synchronous}")
        self._writing = _sqlite_engine(url, pragmas, begin="BEGIN IMMEDIATE", poolclass=StaticPool)
        self._reading = _sqlite_engine(
            url,
            (*pragmas, "query_only = ON"),
            begin="BEGIN",
            poolclass=QueuePool,
            pool_size=readers_max,
            max_overflow=readers_max,
        )
        self._closing = threading.Lock()
        self._is_closed = False
        self._jobs: PriorityQueue[_Job] = PriorityQueue()
        self._thread = threading.Thread(target=self._serve, name="writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work[T], priority: Priority = Priority.INTERACTIVE) -> "Future[T]":
        """Queue `work` for the writer; the future is resolved once it is durable."""
        future: Future[T] = Future()
        now = time.monotonic()
        with self._closing:
            if self._is_closed:
                raise RuntimeError("The database was closed")
            self._jobs.put(_Job(now + _PATIENCE_SECONDS[priority], now, work, future))
        return future

    def transact(self, work: Work[T], priority: Priority = Priority.INTERACTIVE) -> T:
        """See `Storage.transact`."""
        assert threading.current_thread() is not self._thread, "a transaction inside of a transaction waits for itself"
        return self.submit(work, priority).result()

    def read(self, work: Work[T]) -> T:
        """See `Storage.read`."""
        with self.snapshot() as unit:
            return work(unit)

    @contextmanager
    def snapshot(self) -> Iterator[UnitOfWork]:
        """See `Storage.snapshot`."""
        with self._reading.connect() as connection:
            yield SqlUnitOfWork(connection)

    def close(self) -> None:
        """Finish what is queued, then close every connection. Closing again does nothing."""
        with self._closing:
            if self._is_closed:
                return
            self._is_closed = True
            self._jobs.put(_Job(float("inf"), time.monotonic(), None, Future()))
        self._thread.join()
        self._reading.dispose()
        self._writing.dispose()
        self._turnstile.close()

    def _serve(self) -> None:
        while (job := self._jobs.get()).work is not None:
            if not job.future.set_running_or_notify_cancel():
                continue
            try:
                result = self._run(job.work)
            except BaseException as error:
                job.future.set_exception(error)
            else:
                job.future.set_result(result)

    def _run(self, work: Work[Any]) -> Any:
        def attempt() -> Any:
            with self._turnstile, self._writing.begin() as connection:
                return _done(work, connection)

        result = _until_it_serializes(attempt)
        self.commits += 1
        return result


@dataclass(order=True, slots=True)
class _Job:
    """Work for the writer, ordered by when it has to start at the latest."""

    start_by: float
    queued_at: float
    work: Work[Any] | None = field(compare=False)
    future: "Future[Any]" = field(compare=False)


Database = SqliteDatabase | PostgresDatabase


def _done(work: Work[T], connection: Connection) -> T:
    unit = SqlUnitOfWork(connection)
    result = work(unit)
    unit.before_commit()
    return result


_SQLITE_PRAGMAS = (
    "journal_mode = WAL",
    "foreign_keys = ON",
    # Else INSERT OR REPLACE would delete rows past the triggers that forbid it.
    "recursive_triggers = ON",
    "cache_size = -65536",
    "temp_store = MEMORY",
)


_BEGIN = "begin"


def _require_sqlite() -> None:
    if sqlite3.sqlite_version_info < sqlite_version_min:
        needed = ".".join(map(str, sqlite_version_min))
        raise InvalidValue(f"This Python has SQLite {sqlite3.sqlite_version}; use one with {needed} or newer")


def _sqlite_engine(url: URL, pragmas: Sequence[str], begin: str, **pool: Any) -> Engine:
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": busy_wait_seconds}, **pool)
    # No listener to "begin": an engine that has one looks for others several times with each statement.
    engine.dialect.do_begin = _begin  # type: ignore[method-assign, assignment]

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: ConnectionPoolEntry) -> None:
        # The driver must not begin transactions by itself: it would start deferred ones.
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
        record.info[_BEGIN] = begin

    return engine


def _begin(connection: Any) -> None:
    connection.execute(connection.info[_BEGIN])


def _until_it_serializes(attempt: Callable[[], T]) -> T:
    """Run a whole transaction again, a bounded number of times, while the database undoes it by itself."""
    for failures in range(1, attempts_max):
        try:
            return attempt()
        except OperationalError as error:
            if not _can_run_again(error):
                raise
        time.sleep(0.01 * 2**failures)
    return attempt()


def _can_run_again(error: OperationalError) -> bool:
    """Whether the database itself undid the transaction: a deadlock, a serialization failure or a busy file."""
    state = getattr(error.orig, "sqlstate", None)
    return state in {"40001", "40P01"} or "database is locked" in str(error.orig)
