"""Fair turns at one SQLite file between the processes of an installation.

SQLite's own lock is not fair: a busy writer would starve the others. Two advisory file locks are: who wants to write
takes the gate, then the turn, then gives the gate back. The holder of the turn has to pass the gate to come again, so
whoever waits there goes first.
"""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from gateway.core.errors import GatewayError

poll_seconds = 0.0005


class TurnTimedOut(GatewayError):
    """No turn within the bounded wait: another process holds the database for too long."""

    code = "BUSY"


class Turnstile:
    """One process's place at the turnstile; used as a context manager around each writing transaction."""

    def __init__(self, database: Path, wait_seconds_max: float = 30.0) -> None:
        self.wait_seconds_max = wait_seconds_max
        self._gate = os.open(f"{database}-gate", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._turn = os.open(f"{database}-turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> None:
        deadline = time.monotonic() + self.wait_seconds_max
        self._lock(self._gate, deadline)
        try:
            self._lock(self._turn, deadline)
        finally:
            fcntl.flock(self._gate, fcntl.LOCK_UN)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        fcntl.flock(self._turn, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give up the place."""
        os.close(self._gate)
        os.close(self._turn)

    def _lock(self, descriptor: int, deadline: float) -> None:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TurnTimedOut(
                        f"No turn at the database within {self.wait_seconds_max:g} s; another process holds it"
                    ) from None
                time.sleep(poll_seconds)
            else:
                return
