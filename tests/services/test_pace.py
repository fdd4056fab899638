"""The pace of a connection: never more than declared, and as fast as that."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from gateway.core.ports.storage import Storage
from gateway.plugin_api import RatePolicy, Retryable
from gateway.services.pace import OwnTurns, Pacer, SharedTurns, wait_max


class Clock:
    """Seconds that pass while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=self.now)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def pacer(requests: int, seconds: int, burst: int) -> tuple[Pacer, Clock]:
    clock = Clock()
    return Pacer(RatePolicy(requests, seconds, burst), OwnTurns(), clock.time, clock.sleep), clock


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
        assert last - first >= seconds - 3e-6
    for first, last in zip(times, times[burst:], strict=False):
        assert last - first >= seconds * burst / requests - 3e-6


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
    clock.now += 60 - wait_max.total_seconds()
    allowed.wait()
    assert clock.now == 1060


def test_threads_take_turns() -> None:
    lock, times, clock = threading.Lock(), list[float](), Clock()

    def sleep(seconds: float) -> None:
        with lock:
            times.append(seconds)

    allowed = Pacer(RatePolicy(10, 1, 1), OwnTurns(), clock.time, sleep)
    threads = [threading.Thread(target=allowed.wait) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(later - earlier == pytest.approx(0.1) for earlier, later in pairwise(sorted(times)))
    assert len(times) == 19


def sharing(database: Storage, clock: Clock, connection: str = "main") -> Pacer:
    """The pacer of one of the processes on a database."""
    return Pacer(RatePolicy(10, 10, 5), SharedTurns(connection, database), clock.time, clock.sleep)


def test_two_processes_keep_to_one_pace(database: Storage) -> None:
    clock, times = Clock(), list[float]()
    first, second = sharing(database, clock), sharing(database, clock)
    for _ in range(30):
        for process in (first, second):
            process.wait()
            times.append(clock.now)
    assert all(later - earlier >= 10 - 3e-6 for earlier, later in zip(times, times[10:], strict=False))
    assert times[-1] - times[0] == pytest.approx(55)


def test_a_process_that_comes_after_another_goes_on_where_that_one_ended(sqlite_database: Storage) -> None:
    clock = Clock()
    for _ in range(5):
        sharing(sqlite_database, clock).wait()
    assert clock.now == 1000
    sharing(sqlite_database, clock).wait()
    assert clock.now == 1005


def test_each_connection_has_its_own_pace(sqlite_database: Storage) -> None:
    clock = Clock()
    for connection in ("main", "second"):
        for _ in range(5):
            sharing(sqlite_database, clock, connection).wait()
    assert clock.now == 1000


def test_a_clock_that_is_set_back_holds_nobody_up(sqlite_database: Storage) -> None:
    clock = Clock()
    for _ in range(5):
        sharing(sqlite_database, clock).wait()
    clock.now -= 3600
    sharing(sqlite_database, clock).wait()
    assert clock.now == 1000 - 3600


def test_threads_that_share_a_database_take_turns(database: Storage) -> None:
    clock, slept = Clock(), list[float]()
    allowed = Pacer(RatePolicy(10, 1, 1), SharedTurns("main", database), clock.time, slept.append)
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(allowed.wait) for _ in range(20)]:
            done.result()
    assert sorted(slept) == pytest.approx([number / 10 for number in range(1, 20)])
