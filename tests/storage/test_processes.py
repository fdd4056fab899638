"""Several processes on one database: nothing is lost, and none of them waits for long."""

import fcntl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.storage.database import Database
from gateway.storage.turnstile import Turnstile, TurnTimedOut


@contextmanager
def _process(url: str, count: int, seconds_each: float = 0) -> Iterator[None]:
    """Another process that takes `count` numbers, from before the block begins until it has finished."""
    arguments = [sys.executable, "-m", "tests.storage.increment", url, str(count), str(seconds_each)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield
    assert process.returncode == 0


def _take(database: Database) -> int:
    return database.transact(lambda unit: unit.invoices.take_number("INV"))


def test_two_processes_lose_no_number(database: Database, database_url: str) -> None:
    with _process(database_url, 100):
        for _ in range(100):
            _take(database)
    assert _take(database) == 201


def test_a_busy_process_keeps_no_other_waiting(sqlite_database: Database, sqlite_url: str) -> None:
    waits = []
    with _process(sqlite_url, 200, seconds_each=0.005):
        for _ in range(20):
            began = time.monotonic()
            _take(sqlite_database)
            waits.append(time.monotonic() - began)
    # The other holds the database for 1 s in all, 5 ms at a time; unfair turns would make us wait for its end.
    assert sorted(waits)[10] < 0.1
    assert _take(sqlite_database) == 221


def _wait_until_locked(path: Path) -> None:
    """Until somebody holds the lock on `path`."""
    with path.open("r") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            fcntl.flock(file, fcntl.LOCK_UN)
            time.sleep(0.001)


def test_who_waits_at_the_gate_goes_before_who_comes_again(tmp_path: Path) -> None:
    order = []
    first, second = Turnstile(tmp_path / "db"), Turnstile(tmp_path / "db")

    def enter_second() -> None:
        with second:
            order.append("second")

    with first:
        order.append("first")
        waiting = threading.Thread(target=enter_second)
        waiting.start()
        _wait_until_locked(tmp_path / "db-gate")
    with first:
        order.append("first again")
    waiting.join()
    assert order == ["first", "second", "first again"]
    first.close()
    second.close()


def test_the_wait_for_a_turn_is_bounded(tmp_path: Path) -> None:
    holder, waiting = Turnstile(tmp_path / "db"), Turnstile(tmp_path / "db", wait_seconds_max=0.02)
    with holder, pytest.raises(TurnTimedOut, match=r"No turn at the database within 0\.02 s"), waiting:
        pass
    with waiting:
        pass
    holder.close()
    waiting.close()


def test_the_turn_of_a_process_that_was_killed_is_free(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from gateway.storage.turnstile import Turnstile\n"
        "with Turnstile(Path(sys.argv[1])):\n    print('in', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "db")], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in\n"
        process.kill()
    turnstile = Turnstile(tmp_path / "db", wait_seconds_max=1)
    with turnstile:
        pass
    turnstile.close()
