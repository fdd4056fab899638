"""Transactions: all or nothing, run again when they must, in the order of their urgency."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from stat import S_IMODE
from threading import Barrier

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

import gateway.storage.database as databases
from gateway.core.errors import InvalidValue
from gateway.core.ports.storage import Priority, UnitOfWork
from gateway.storage.database import Database, PostgresDatabase, open_database
from gateway.storage.unit_of_work import SqlUnitOfWork
from tests.storage.examples import NOON, customer, entry, subscription
from tests.storage.statements import execute, rows


def _count_customers(unit: UnitOfWork) -> int:
    return unit.definitions.customer_count()


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def fail(unit: UnitOfWork) -> None:
        unit.definitions.add_customer(customer(), NOON)
        raise RuntimeError("out of luck")

    with pytest.raises(RuntimeError, match="out of luck"):
        database.transact(fail)
    assert database.read(_count_customers) == 0


def test_what_was_committed_is_read(database: Database, second_database: Database) -> None:
    database.transact(lambda unit: unit.definitions.add_customer(customer(), NOON))
    assert database.read(_count_customers) == second_database.read(_count_customers) == 1


def test_submitted_work_is_done_on_another_thread(database: Database) -> None:
    done = database.submit(lambda _unit: threading.current_thread().name, Priority.INGEST)
    assert done.result(timeout=5) != threading.current_thread().name


def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"):
        database.read(lambda unit: unit.definitions.add_customer(customer(), NOON))
    assert database.read(_count_customers) == 0


def test_a_snapshot_does_not_see_what_is_committed_meanwhile(database: Database) -> None:
    with database.snapshot() as unit:
        assert _count_customers(unit) == 0
        database.transact(lambda writing: writing.definitions.add_customer(customer(), NOON))
        assert _count_customers(unit) == 0
    assert database.read(_count_customers) == 1


def test_an_error_of_our_own_is_not_tried_again(database: Database) -> None:
    attempts = []

    def break_a_rule(unit: UnitOfWork) -> None:
        attempts.append(unit)
        unit.books.post(entry())
        unit.definitions.add_subscription(subscription(customer="nobody"))

    with pytest.raises(IntegrityError):
        database.transact(break_a_rule)
    assert len(attempts) == 1


def test_of_two_that_deadlock_the_one_undone_runs_again(postgres_database: PostgresDatabase) -> None:
    names = ["left", "right"]
    together = Barrier(2)
    attempts: list[str] = []
    postgres_database.transact(lambda unit: [unit.invoices.take_number(name) for name in names])

    def take_both(first: str, second: str) -> None:
        def work(unit: UnitOfWork) -> None:
            attempts.append(first)
            unit.invoices.take_number(first)
            if len(attempts) <= 2:
                together.wait(timeout=5)
            unit.invoices.take_number(second)

        postgres_database.transact(work)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(take_both, *names), pool.submit(take_both, *reversed(names))]:
            done.result(timeout=20)
    assert len(attempts) == 3
    assert rows(postgres_database, "SELECT last_number FROM number_series") == [(3,), (3,)]


@contextmanager
def _locked_from_outside(url: str) -> Iterator[sqlite3.Connection]:
    """A program that knows nothing of turns holds the database file."""
    outsider = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    outsider.execute("BEGIN IMMEDIATE")
    yield outsider
    outsider.close()


def test_a_busy_file_is_tried_again(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "busy_wait_seconds", 0.0)
    database = open_database(sqlite_url, synchronous="OFF")
    with _locked_from_outside(sqlite_url) as outsider:
        waiting = database.submit(lambda unit: unit.invoices.take_number("INV"))
        time.sleep(0.03)
        outsider.execute("ROLLBACK")
        assert waiting.result(timeout=5) == 1
    database.close()


def test_a_file_that_stays_busy_is_given_up(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "busy_wait_seconds", 0.0)
    database = open_database(sqlite_url, synchronous="OFF")
    with _locked_from_outside(sqlite_url), pytest.raises(OperationalError, match="database is locked"):
        database.transact(lambda unit: unit.invoices.take_number("INV"))
    assert database.transact(lambda unit: unit.invoices.take_number("INV")) == 1
    database.close()


@contextmanager
def _busy_writer(database: Database) -> Iterator[None]:
    """The writer is busy with something until the block ends, so that what is submitted in it has to queue."""
    is_busy, is_over = threading.Event(), threading.Event()

    def hold(_unit: UnitOfWork) -> None:
        is_busy.set()
        is_over.wait(timeout=5)

    holding = database.submit(hold)
    assert is_busy.wait(timeout=5)
    yield
    is_over.set()
    holding.result(timeout=5)


def test_the_writer_takes_the_most_urgent_first(sqlite_database: Database) -> None:
    order: list[Priority] = []
    with _busy_writer(sqlite_database):
        futures = [
            sqlite_database.submit(lambda _unit, priority=priority: order.append(priority), priority)
            for priority in (Priority.BULK, Priority.INGEST, Priority.INTERACTIVE)
        ]
    for future in futures:
        future.result(timeout=5)
    assert order == [Priority.INTERACTIVE, Priority.INGEST, Priority.BULK]


def test_nothing_is_passed_over_for_ever(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[Priority] = []
    monkeypatch.setitem(databases._PATIENCE_SECONDS, Priority.BULK, 0.001)
    with _busy_writer(sqlite_database):
        sqlite_database.submit(lambda _unit: order.append(Priority.BULK), Priority.BULK)
        time.sleep(0.002)
        last = sqlite_database.submit(lambda _unit: order.append(Priority.INTERACTIVE), Priority.INTERACTIVE)
    last.result(timeout=5)
    assert order == [Priority.BULK, Priority.INTERACTIVE]


def test_queued_work_that_was_cancelled_is_not_done(sqlite_database: Database) -> None:
    with _busy_writer(sqlite_database):
        waiting = sqlite_database.submit(lambda unit: unit.invoices.take_number("INV"))
        assert waiting.cancel()
    assert sqlite_database.transact(lambda unit: unit.invoices.take_number("INV")) == 1


def test_a_transaction_inside_of_another_is_refused(sqlite_database: Database) -> None:
    def nest(_unit: UnitOfWork) -> None:
        sqlite_database.transact(lambda unit: unit.invoices.take_number("INV"))

    with pytest.raises(AssertionError, match="waits for itself"):
        sqlite_database.transact(nest)


def test_closing_finishes_what_is_queued(sqlite_url: str) -> None:
    database = open_database(sqlite_url, synchronous="OFF")
    futures = [database.submit(lambda unit: unit.invoices.take_number("INV"), Priority.BULK) for _ in range(20)]
    database.close()
    database.close()
    assert [future.result(timeout=0) for future in futures] == list(range(1, 21))


def test_a_closed_database_takes_no_work(database_url: str) -> None:
    database = open_database(database_url, synchronous="OFF")
    database.close()
    with pytest.raises(RuntimeError):
        database.submit(lambda unit: unit.invoices.take_number("INV"))


def test_every_commit_is_counted(database: Database) -> None:
    before = database.commits
    for _ in range(3):
        database.transact(lambda unit: unit.invoices.take_number("INV"))
    assert database.commits == before + 3


def test_sqlite_is_durable_and_consistent_by_default(sqlite_url: str) -> None:
    def pragmas(unit: UnitOfWork) -> dict[str, object]:
        assert isinstance(unit, SqlUnitOfWork)
        names = ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        return {name: unit.connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}

    database = open_database(sqlite_url)
    full = 2
    expected = {"journal_mode": "wal", "synchronous": full, "foreign_keys": 1, "recursive_triggers": 1}
    assert database.transact(pragmas) == expected
    assert database.read(pragmas) == expected
    database.close()


def test_postgresql_transactions_are_read_committed_whatever_the_server_says(postgres_database: Database) -> None:
    name = rows(postgres_database, "SELECT current_database()")[0][0]
    execute(postgres_database, f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    url = postgres_database.engine.url.render_as_string(hide_password=False)
    database = open_database(url)

    def isolation(unit: UnitOfWork) -> object:
        assert isinstance(unit, SqlUnitOfWork)
        return unit.connection.exec_driver_sql("SHOW transaction_isolation").scalar()

    assert database.transact(isolation) == "read committed"
    assert database.read(isolation) == "repeatable read"
    database.close()


def test_a_new_database_file_is_for_its_owner_only(tmp_path: Path) -> None:
    open_database(f"sqlite:///{tmp_path}/new/gateway.db").close()
    assert S_IMODE((tmp_path / "new" / "gateway.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://u:secret@h/d", "no url at all, secret"])
def test_other_storage_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(InvalidValue, match="sqlite:///FILE") as refused:
        open_database(url)
    assert "secret" not in str(refused.value)


def test_an_old_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "sqlite_version_min", (99, 1))
    with pytest.raises(InvalidValue, match=r"use one with 99\.1 or newer"):
        open_database(f"sqlite:///{tmp_path}/gateway.db")
