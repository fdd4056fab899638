"""Worker processes: they end with their parent, and one that hangs in a call is killed and started again."""

import fcntl
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.workers.repeat import repeat
from gateway.workers.sole_server import AlreadyServed, sole_server_of
from gateway.workers.supervisor import NotAtWork, Supervisor, WorkerCommand, pause_after
from gateway.workers.watched_provider import watched
from tests.edge.running import wait_until

# A worker that appends a line to a file (its settings) for each thing that happens to it.
WORKER = """
import sys, time
from pathlib import Path
from gateway.workers.lifeline import Lifeline

lifeline = Lifeline()
log = Path(lifeline.read_settings().decode().strip())

def note(text):
    with log.open("a") as file:
        file.write(text + "\\n")

note("started")
print("a plugin that prints")
lifeline.report("check")
lifeline.report(None)
{work}
note("ended")
"""
WAITS = "lifeline.stop.wait()"
HANGS_AT_FIRST = """
if log.read_text().count("started") == 1:
    lifeline.report("check")
    time.sleep(60)
lifeline.stop.wait()
"""
ENDS = "sys.exit(3)"
LOADS_FOR_EVER = """
if log.read_text().count("started") == 1:
    lifeline.report_loading()
    time.sleep(60)
lifeline.stop.wait()
"""
MENDED = """
if log.read_text().count("started") == 1:
    lifeline.report_fault("api_key is missing;\\n add it")
    sys.exit(1)
lifeline.report_at_work()
lifeline.stop.wait()
"""


def worker(log: Path, work: str) -> WorkerCommand:
    return WorkerCommand("test", [sys.executable, "-c", WORKER.replace("{work}", work)], str(log).encode())


def lines(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def is_at_work(supervisor: Supervisor) -> bool:
    try:
        supervisor.require_at_work()
    except NotAtWork:
        return False
    return True


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def test_a_worker_is_asked_to_end_and_does(log: Path) -> None:
    supervisor = Supervisor(worker(log, WAITS))
    supervisor.start()
    wait_until(lambda: lines(log) == ["started"])

    supervisor.stop()

    assert lines(log) == ["started", "ended"]
    assert supervisor.restarts == 0


def test_a_worker_that_is_awaited_is_at_work_after_its_first_step(log: Path) -> None:
    command = replace(worker(log, "lifeline.report_at_work()\nlifeline.stop.wait()"), is_awaited=True)
    supervisor = Supervisor(command)
    with pytest.raises(NotAtWork, match="The worker test is starting"):
        supervisor.require_at_work()
    supervisor.start()

    wait_until(lambda: lines(log) == ["started"] and is_at_work(supervisor))

    supervisor.stop()
    assert is_at_work(supervisor)


def test_no_server_waits_for_a_worker_that_is_not_awaited(log: Path) -> None:
    assert is_at_work(Supervisor(worker(log, WAITS)))


def test_a_worker_whose_call_never_returns_is_killed_and_started_again(log: Path) -> None:
    supervisor = Supervisor(worker(log, HANGS_AT_FIRST), call_seconds=0.5)
    supervisor.start()

    wait_until(lambda: lines(log) == ["started", "started"])
    supervisor.stop()

    assert supervisor.restarts == 1
    assert lines(log) == ["started", "started", "ended"]


def test_a_plugin_that_hangs_while_it_loads_has_a_deadline_of_its_own(log: Path) -> None:
    told: list[str | None] = []
    supervisor = Supervisor(worker(log, LOADS_FOR_EVER), load_seconds=0.5, tell=told.append)
    supervisor.start()

    wait_until(lambda: lines(log) == ["started", "started"])
    supervisor.stop()

    assert told == ["loading its plugin took over 0.5 s; its process was ended"]


@pytest.mark.parametrize(
    ("before", "lasted", "is_loading", "pause"),
    [
        (1.0, 0.5, False, 2.0),
        (16.0, 0.5, False, 30.0),
        (16.0, 60.0, False, 1.0),
        (16.0, 20.0, True, 32.0),
        (512.0, 20.0, True, 900.0),
        (900.0, 0.5, False, 30.0),
    ],
)
def test_a_worker_rests_longer_each_time_most_of_all_when_its_plugin_does_not_load(
    before: float, lasted: float, is_loading: bool, pause: float
) -> None:
    assert pause_after(before, lasted, is_loading) == pause


def test_what_a_worker_has_started_is_killed_with_it(log: Path) -> None:
    lock = log.with_name("lock")
    child = (
        f"import fcntl, time; file = open({str(lock)!r}, 'w'); fcntl.flock(file, 2); print(flush=True); time.sleep(60)"
    )
    starts = f"""
import subprocess
subprocess.Popen([sys.executable, "-c", {child!r}], stdout=subprocess.PIPE).stdout.readline()
lifeline.report("check")
time.sleep(60)
"""
    supervisor = Supervisor(worker(log, starts), call_seconds=0.1)
    supervisor.start()

    wait_until(lambda: supervisor.resting_seconds() > 0)
    supervisor.stop()

    with lock.open() as file:
        wait_until(lambda: is_free(file.fileno()), 10)


def is_free(file: int) -> bool:
    """Whether nobody holds the lock, that is, whoever held it has ended."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def test_a_worker_says_why_it_cannot_work_and_when_it_can(log: Path) -> None:
    told: list[str | None] = []
    supervisor = Supervisor(worker(log, MENDED), tell=told.append)
    supervisor.start()

    wait_until(lambda: len(told) == 2)
    supervisor.stop()

    assert told == ["api_key is missing; add it", None]


def test_a_worker_that_ends_by_itself_is_started_again(log: Path) -> None:
    told: list[str | None] = []
    supervisor = Supervisor(worker(log, ENDS), tell=told.append)
    assert supervisor.resting_seconds() == 0
    supervisor.start()

    wait_until(lambda: supervisor.resting_seconds() > 0)
    wait_until(lambda: lines(log).count("started") >= 2)
    supervisor.stop()

    assert supervisor.restarts >= 1
    assert told[0] == "its process ended with code 3"


def test_a_worker_that_cannot_be_started_is_tried_again(log: Path, tmp_path: Path) -> None:
    program = tmp_path / "program"
    supervisor = Supervisor(WorkerCommand("test", [str(program)], b""))
    supervisor.start()
    wait_until(lambda: supervisor.restarts == 1)

    program.write_text(f"#!/bin/sh\necho started >> {log}\n")
    program.chmod(0o700)

    wait_until(lambda: "started" in lines(log))
    supervisor.stop()
    assert supervisor.restarts >= 1


def test_a_worker_is_watched_beside_a_thousand_connections(log: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4_096, hard), hard))
    with ExitStack() as connections:
        connections.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        for _ in range(1_100):
            connections.enter_context(open(os.devnull, "rb"))
        supervisor = Supervisor(worker(log, HANGS_AT_FIRST), call_seconds=0.5)
        supervisor.start()

        wait_until(lambda: lines(log) == ["started", "started"])
        supervisor.stop()

    assert supervisor.restarts == 1


def test_a_worker_ends_when_its_parent_is_killed(log: Path) -> None:
    parent = """
import sys, time
from gateway.workers.supervisor import NotAtWork, Supervisor, WorkerCommand
Supervisor(WorkerCommand("test", [sys.executable, "-c", sys.argv[1]], sys.argv[2].encode())).start()
time.sleep(60)
"""
    arguments = [sys.executable, "-c", parent, WORKER.replace("{work}", WAITS), str(log)]
    process = subprocess.Popen(arguments)
    wait_until(lambda: lines(log) == ["started"])

    process.send_signal(signal.SIGKILL)
    process.wait()

    wait_until(lambda: lines(log) == ["started", "ended"])


def test_a_failing_step_is_repeated_with_a_growing_pause(caplog: pytest.LogCaptureFixture) -> None:
    waits: list[float] = []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout or 0)
            if len(waits) == 9:
                self.set()
            return self.is_set()

    steps = iter([ValueError("tell nobody"), ValueError("tell nobody"), 5.0, *[ValueError("tell nobody")] * 9])

    def step() -> float:
        outcome = next(steps)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    repeat(step, Stop(), "the worker")

    assert waits == [1, 2, 5, 1, 2, 4, 8, 16, 32]
    assert "the worker failed" in caplog.text
    assert "tell nobody" not in caplog.text


def test_a_second_server_of_a_database_is_refused(tmp_path: Path) -> None:
    database = tmp_path / "gateway.db"

    with (
        sole_server_of(database),
        pytest.raises(AlreadyServed, match=f"is served by process {os.getpid()} already"),
        sole_server_of(database),
    ):
        pass

    with sole_server_of(database):
        pass


def test_calls_to_a_watched_provider_are_reported_one_by_one() -> None:
    reports: list[str | None] = []

    class Provider:
        NAME = "paper"

        def check(self) -> None:
            raise ValueError(len(reports))

        def changes(self, since: int) -> Iterator[int]:
            yield since + len(reports)
            yield since + len(reports)

    provider = watched(Provider(), reports.append)  # type: ignore[arg-type]

    with pytest.raises(ValueError, match="1"):
        provider.check()
    assert reports == ["check", None]
    assert list(provider.changes(10)) == [15, 17]  # type: ignore[arg-type,comparison-overlap]
    assert reports == ["check", None, *["changes", None] * 4]
    assert provider.NAME == "paper"
