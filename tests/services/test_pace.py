"""The pace of a connection: never more than declared, and as fast as that."""

import random
import threading
from itertools import pairwise

import pytest

from gateway.plugin_api import RatePolicy, Retryable
from gateway.services.pace import Pacer, wait_seconds_max


class Clock:
    """Seconds that pass while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def seconds(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def pacer(requests: int, seconds: int, burst: int) -> tuple[Pacer, Clock]:
    clock = Clock()
    return Pacer(RatePolicy(requests, seconds, burst), clock.seconds, clock.sleep), clock


def sent(requests: int, seconds: int, burst: int, count: int, pauses: random.Random | None = None) -> list[float]:
    """When `count` requests went out that were sent as fast as allowed, or now and then."""
    allowed, clock = pacer(requests, seconds, burst)
    times = []
    for _ in range(count):
        allowed.wait()
        times.append(clock.now)
        clock.now += pauses.expovariate(requests / seconds) if pauses else 0
    return times


@pytest.mark.parametrize(("requests", "seconds", "burst"), [(25, 1, 25), (150, 60, 10), (100, 1, 1), (1, 5, 1)])
@pytest.mark.parametrize("seed", [None, 1, 2])
def test_no_window_has_more_than_the_policy_allows(requests: int, seconds: int, burst: int, seed: int | None) -> None:
    times = sent(requests, seconds, burst, 5 * requests + 7, None if seed is None else random.Random(seed))
    for first, last in zip(times, times[requests:], strict=False):
        assert last - first >= seconds - 1e-6
    for first, last in zip(times, times[burst:], strict=False):
        assert last - first >= seconds * burst / requests - 1e-6


def test_what_waits_goes_out_as_fast_as_allowed() -> None:
    times = sent(100, 1, 10, 1001)
    assert times[9] == times[0]
    assert times[-1] - times[0] == pytest.approx(10.0)


def test_a_connection_that_rested_may_burst_again() -> None:
    allowed, clock = pacer(10, 10, 5)
    for _ in range(5):
        allowed.wait()
    clock.now += 60
    rested = clock.now
    for _ in range(5):
        allowed.wait()
    assert clock.now == rested


def test_who_would_have_to_wait_too_long_is_told_when_to_come_back() -> None:
    allowed, clock = pacer(1, 60, 1)
    allowed.wait()
    with pytest.raises(Retryable, match="in 61 s") as late:
        allowed.wait()
    assert late.value.retry_after_seconds == 61
    clock.now += 60 - wait_seconds_max
    allowed.wait()
    assert clock.now == 1060


def test_threads_take_turns() -> None:
    lock, times, clock = threading.Lock(), list[float](), Clock()

    def sleep(seconds: float) -> None:
        with lock:
            times.append(seconds)

    allowed = Pacer(RatePolicy(10, 1, 1), clock.seconds, sleep)
    threads = [threading.Thread(target=allowed.wait) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(later - earlier == pytest.approx(0.1) for earlier, later in pairwise(sorted(times)))
    assert len(times) == 19
