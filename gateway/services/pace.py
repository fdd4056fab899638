"""The pace of a connection: no more requests than its provider declares, whoever asks and in how many processes."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from gateway.core.ports.storage import Storage
from gateway.plugin_api import RatePolicy, Retryable

wait_max = timedelta(seconds=20)
"""Within the time that a call may take, and longer than it takes after a burst until there may be another (15 s at
Recurly); who would have to wait longer comes back later.
"""

Grant = Callable[[Sequence[datetime]], Sequence[datetime]]
"""The turns that were granted lately, oldest first, as they are once the next one is granted too."""


class Turns(Protocol):
    """Where the turns of a connection are kept; one is granted at a time."""

    def grant(self, grant: Grant) -> datetime:
        """Keep what `grant` makes of what is kept; the newest turn."""
        ...


class OwnTurns:
    """The turns of a process that nobody shares a database with."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._granted: Sequence[datetime] = ()

    def grant(self, grant: Grant) -> datetime:
        """See `Turns.grant`."""
        with self._lock:
            self._granted = grant(self._granted)
            return self._granted[-1]


class SharedTurns:
    """The turns of a connection for all processes that share a database, and for those that come after them."""

    def __init__(self, connection: str, storage: Storage) -> None:
        self._connection = connection
        self._storage = storage

    def grant(self, grant: Grant) -> datetime:
        """See `Turns.grant`."""
        return self._storage.transact(lambda unit: unit.connections.change_turns(self._connection, grant))[-1]


class Pacer:
    """Lets requests through as fast as a policy allows."""

    def __init__(
        self,
        policy: RatePolicy,
        turns: Turns,
        now: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._policy = policy
        self._turns = turns
        self._now = now
        self._sleep = sleep

    def wait(self) -> None:
        """Wait for one request's turn. Raises `Retryable` if that is too far off."""
        turn = self._turns.grant(self._granted)
        pause = turn - self._now()
        if pause > timedelta(0):
            self._sleep(pause.total_seconds())

    def _granted(self, before: Sequence[datetime]) -> Sequence[datetime]:
        """The turns with one more. Raises `Retryable` if it is too far off."""
        now = self._now()
        # What is granted for later than anyone would wait was granted by a clock that has been set back since.
        granted = [turn for turn in before if turn <= now + wait_max]
        turn = next_turn(self._policy, granted, now)
        if turn - now > wait_max:
            seconds = int((turn - now).total_seconds()) + 1
            raise Retryable(f"The connection's rate allows the next request in {seconds} s", seconds)
        return [*granted, turn][-max(self._policy.requests, self._policy.burst) :]


def next_turn(policy: RatePolicy, granted: Sequence[datetime], now: datetime) -> datetime:
    """When the policy allows one more request after those `granted`, oldest first; not before `now`."""
    turns = [now]
    if len(granted) >= policy.requests:
        turns.append(granted[-policy.requests] + timedelta(seconds=policy.seconds))
    if len(granted) >= policy.burst:
        # Rounded up: a microsecond too early is one request too many.
        microseconds = -(-policy.seconds * 10**6 * policy.burst // policy.requests)
        turns.append(granted[-policy.burst] + timedelta(microseconds=microseconds))
    return max(turns)
