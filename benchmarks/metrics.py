"""What the server says of itself while it is under load: positions, lag and fsyncs, every 100 ms."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection

import numpy as np

from benchmarks.server import BenchmarkFailed

poll_seconds = 0.1
catch_up_max_seconds = 300
_metric = re.compile(rb"^(gateway_\w+) (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sample:
    """The state of the log and its projection at one instant of the monotonic clock."""

    at_ns: int
    head: int
    projected: int
    fsyncs: int
    lag_seconds: float


@dataclass(frozen=True, slots=True)
class Currency:
    """How current live counts were, and how often the log was made durable, over a run.

    `lag_p99_seconds` is the server's own gauge; `lag_by_positions_p99_seconds` is found from outside: how long ago the
    log's head was where the projection is. It is coarse by one poll.
    """

    lag_p99_seconds: float
    lag_by_positions_p99_seconds: float
    fsyncs_per_second: float


class Metrics:
    """Reads `/metrics` over one connection."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=10)

    def sample(self) -> Sample:
        """The present state. Raises `BenchmarkFailed` if a metric is missing."""
        self._connection.request("GET", "/metrics")
        values = {name.decode(): float(value) for name, value in _metric.findall(self._connection.getresponse().read())}
        try:
            return Sample(
                at_ns=time.monotonic_ns(),
                head=int(values["gateway_log_head_position"]),
                projected=int(values["gateway_projection_position"]),
                fsyncs=int(values["gateway_fsyncs_total"]),
                lag_seconds=values["gateway_projection_lag_seconds"],
            )
        except KeyError as error:
            raise BenchmarkFailed(f"/metrics does not have {error}") from None

    def await_projection(self) -> None:
        """Wait until live counts hold the whole log. Raises `BenchmarkFailed` if they never do."""
        deadline = time.monotonic() + catch_up_max_seconds
        while (sample := self.sample()).projected < sample.head:
            if time.monotonic() > deadline:
                raise BenchmarkFailed(f"The projection is at {sample.projected}, the log at {sample.head}, and no load")
            time.sleep(poll_seconds)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextmanager
def sampled(port: int) -> Iterator[list[Sample]]:
    """A list that grows by a sample every 100 ms for as long as the block runs."""
    samples: list[Sample] = []
    failures: list[Exception] = []
    is_over = threading.Event()

    def poll() -> None:
        metrics = Metrics(port)
        try:
            while not is_over.wait(poll_seconds):
                samples.append(metrics.sample())
        except Exception as error:
            failures.append(error)
        finally:
            metrics.close()

    thread = threading.Thread(target=poll, name="metrics")
    thread.start()
    try:
        yield samples
    finally:
        is_over.set()
        thread.join()
    if failures:
        raise BenchmarkFailed(f"Polling /metrics failed: {failures[0]!r}") from failures[0]


def summarize(samples: list[Sample], started_ns: int, ended_ns: int) -> Currency:
    """What the samples between two instants say. Raises `BenchmarkFailed` if there are too few."""
    within = [sample for sample in samples if started_ns <= sample.at_ns <= ended_ns]
    if len(within) < 2:
        raise BenchmarkFailed(f"{len(within)} samples of /metrics in {(ended_ns - started_ns) / 1e9:.1f} s are too few")
    first, last = within[0], within[-1]
    return Currency(
        lag_p99_seconds=float(np.percentile([sample.lag_seconds for sample in within], 99)),
        lag_by_positions_p99_seconds=float(np.percentile(lags_by_position(within), 99)),
        fsyncs_per_second=(last.fsyncs - first.fsyncs) / (last.at_ns - first.at_ns) * 1e9,
    )


def lags_by_position(samples: list[Sample]) -> list[float]:
    """For each sample, how many seconds before it the log's head was where the projection is now."""
    heads, first_seen = np.unique([sample.head for sample in samples], return_index=True)
    seen_ns = np.array([sample.at_ns for sample in samples], np.float64)[first_seen]
    return [
        0.0
        if sample.projected >= sample.head
        else (sample.at_ns - float(np.interp(sample.projected, heads, seen_ns))) / 1e9
        for sample in samples
    ]
