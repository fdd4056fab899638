"""The pace of a connection: no more requests than its provider declares, however many threads ask."""

import threading
import time
from collections import deque
from collections.abc import Callable

from gateway.plugin_api import RatePolicy, Retryable

wait_seconds_max = 10.0
"""Within the time that a call may take; who would have to wait longer comes back later."""


class Pacer:
    """Lets requests through as fast as a policy allows, by a clock that only goes forward."""

    def __init__(
        self,
        policy: RatePolicy,
        seconds: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._policy = policy
        self._seconds = seconds
        self._sleep = sleep
        self._lock = threading.Lock()
        self._granted: deque[float] = deque(maxlen=policy.requests)

    def wait(self) -> None:
        """Wait for one request's turn. Raises `Retryable` if that is too far off."""
        with self._lock:
            now = self._seconds()
            turn = max(now, self._next_turn())
            if turn - now > wait_seconds_max:
                seconds = int(turn - now) + 1
                raise Retryable(f"The connection's rate allows the next request in {seconds} s", seconds)
            self._granted.append(turn)
        if turn > now:
            self._sleep(turn - now)

    def _next_turn(self) -> float:
        policy, granted = self._policy, self._granted
        turns = [0.0]
        if len(granted) >= policy.requests:
            turns.append(granted[-policy.requests] + policy.seconds)
        if len(granted) >= policy.burst:
            turns.append(granted[-policy.burst] + policy.seconds * policy.burst / policy.requests)
        return max(turns)
