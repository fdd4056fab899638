"""Keeps worker processes alive, and ends one whose call to a provider is past its deadline."""

import logging
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from gateway.core.errors import GatewayError
from gateway.workers.lifeline import AT_WORK, CALL_BEGAN, CALL_ENDED, FAULT, LOAD_BEGAN, stop_seconds_max

logger = logging.getLogger(__name__)

# Below the lease of a delivery (60 s), so that no other worker takes it up while the call may still come to something.
call_seconds_max = 45.0
load_seconds_max = 20.0
restart_seconds_max = 30.0
reload_seconds_max = 900.0
"""The longest pause after a plugin did not load: mended by somebody, or not at all."""
_healthy_after_seconds = 10.0


@dataclass(frozen=True, slots=True)
class WorkerCommand:
    """How to start a worker: its name, its command line, the settings it is sent, and the connection that it is for.

    The server is not ready before one that `is_awaited` has made its first step.
    """

    name: str
    arguments: Sequence[str]
    settings: bytes
    connection: str = ""
    is_awaited: bool = False
    inherited: tuple[int, ...] = ()
    """File numbers that it shares with the server."""


class NotAtWork(GatewayError):
    """A worker that the server waits for has not made its first step."""

    code = "NOT_AT_WORK"


class Supervisor:
    """Runs one worker process, again when it ends by itself, until `stop`.

    A worker killed in the middle of a call leaves its delivery to the journal: ambiguous, to be looked up first.
    """

    def __init__(
        self,
        command: WorkerCommand,
        call_seconds: float = call_seconds_max,
        load_seconds: float = load_seconds_max,
        tell: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        """`tell` is told what is wrong with the worker, and None once it is at work."""
        self.restarts = 0
        self._tell = tell
        self._is_explained = False
        self._is_loading = False
        self._rests_until = 0.0
        self._was_at_work = threading.Event()
        self._command = command
        self._call_seconds = call_seconds
        self._load_seconds = load_seconds
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep_running, name=f"supervisor of {command.name}", daemon=True)

    def start(self) -> None:
        """Start the worker."""
        self._thread.start()

    def require_at_work(self) -> None:
        """Raise `NotAtWork` until a worker that is awaited has made its first step, well or not."""
        if self._command.is_awaited and not self._was_at_work.is_set():
            raise NotAtWork(f"The worker {self._command.name} is starting")

    def resting_seconds(self) -> float:
        """How long until the worker is started again; 0 unless it has ended."""
        return max(self._rests_until - time.monotonic(), 0.0)

    def stop(self) -> None:
        """Ask the worker to end, wait a few seconds, and make it."""
        self._stop.set()
        with self._lock:
            process = self._process
            if process is not None:
                _hang_up(process)
        self._thread.join(stop_seconds_max + 1)
        if process is not None and process.poll() is None:
            _kill(process)
            self._thread.join(1)

    def _keep_running(self) -> None:
        pause = 1.0
        while not self._stop.is_set():
            started = time.monotonic()
            outcome = self._run()
            if self._stop.is_set():
                return
            pause = pause_after(pause, time.monotonic() - started, self._is_loading)
            logger.warning("Worker %s %s; again in %.0f s", self._command.name, outcome, pause)
            if not self._is_explained:
                self._note(f"its process {outcome}")
            self.restarts += 1
            self._rests_until = time.monotonic() + pause
            self._stop.wait(pause)

    def _run(self) -> str:
        """Run the worker until it ends; what became of it."""
        self._is_explained = self._is_loading = False
        try:
            process = self._spawn()
        except OSError as error:  # no memory or no file numbers left, for now
            return f"cannot be started ({error.strerror})"
        if process is None:
            return "is not wanted any more"
        self._watch(process)
        return f"ended with code {process.wait()}"

    def _spawn(self) -> "subprocess.Popen[bytes] | None":
        with self._lock:
            if self._stop.is_set():
                return None
            process = self._process = subprocess.Popen(  # noqa: S603
                # Unbuffered: what a buffer holds already, a selector does not see.
                self._command.arguments,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=self._command.inherited,
                # What it starts itself ends with it.
                start_new_session=True,
            )
            assert process.stdin is not None
            with suppress(BrokenPipeError):
                process.stdin.write(self._command.settings + b"\n")
                process.stdin.flush()
            return process

    def _watch(self, process: "subprocess.Popen[bytes]") -> None:
        """Read what the worker reports until it ends; kill it when a call takes too long."""
        assert process.stdout is not None
        deadline: float | None = None
        seconds = {LOAD_BEGAN: self._load_seconds, CALL_BEGAN: self._call_seconds}
        limit = 0.0
        # Not `select.select`, which refuses what a server with a thousand connections has for file numbers.
        with process.stdout as reports, selectors.DefaultSelector() as ready:
            ready.register(reports, selectors.EVENT_READ)
            while True:
                remaining = None if deadline is None else max(deadline - time.monotonic(), 0.0)
                if not ready.select(remaining):
                    self._kill_late(process, limit)
                    deadline = None
                    continue
                line = _line(reports)
                if not line:
                    break
                self._is_loading = line == LOAD_BEGAN or (self._is_loading and line != CALL_ENDED)
                if line in seconds:
                    limit = seconds[line]
                    deadline = time.monotonic() + limit
                elif line == CALL_ENDED:
                    deadline = None
                elif line == AT_WORK:
                    self._was_at_work.set()
                    self._note(None)
                elif line == FAULT:
                    deadline = None
                    self._note(reports.readline().decode(errors="replace").strip())
        _hang_up(process)

    def _note(self, fault: str | None) -> None:
        self._is_explained = fault is not None
        self._tell(fault)

    def _kill_late(self, process: "subprocess.Popen[bytes]", seconds: float) -> None:
        what = "loading" if self._is_loading else "a call to"
        logger.error("Worker %s: %s its plugin took over %g s; killed", self._command.name, what, seconds)
        self._note(f"{what} its plugin took over {seconds:g} s; its process was ended")
        _kill(process)


def pause_after(pause: float, lasted: float, is_loading: bool) -> float:
    """The seconds to wait before a worker that ran so long is started again, if it was `pause` the last time.

    `is_loading` says that it had not come further.
    """
    if is_loading:
        return min(2 * pause, reload_seconds_max)
    return 1.0 if lasted > _healthy_after_seconds else min(2 * pause, restart_seconds_max)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _line(reports: IO[bytes]) -> bytes:
    # All reports have five bytes, and a pipe delivers so few at once.
    return reports.read(len(CALL_BEGAN))


def _hang_up(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.close()
