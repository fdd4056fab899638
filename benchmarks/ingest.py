"""Ingest over HTTP into a store that already holds events: how fast, how current, and whether it was counted right."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks import machine
from benchmarks.events import Counts, Stream
from benchmarks.load import OUTCOMES, LoadPlan, LoadResult
from benchmarks.metrics import Currency, Metrics, sampled, summarize
from benchmarks.sending import Sending
from benchmarks.server import BenchmarkFailed, environment, serving
from benchmarks.store import live_counts, prepare_store, recounted

batch_events = 100
batch_connections = 32
single_connections = 64
_load_grace_seconds = 60
_preload_max_seconds = 600


@dataclass(frozen=True, slots=True)
class Store:
    """A database with definitions, a key and the first `stored` events of a stream; runs work on copies of it."""

    database: Path
    key: str
    stream: Stream
    stored: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """How events are sent: so many in a request, over so many connections, to a server with or without group commit."""

    events_per_request: int
    connections: int
    has_group_commit: bool = True


BATCHES = Traffic(batch_events, batch_connections)
SINGLES = Traffic(1, single_connections)
SINGLES_COMMITTED_ALONE = Traffic(1, single_connections, has_group_commit=False)


@dataclass(frozen=True, slots=True)
class Run:
    """One run: what the generator saw, what the server said, and how many quantities came out wrong."""

    load: LoadResult
    currency: Currency
    server_cpu_share: float
    server_own_cpu_seconds: float
    recount_differences: int
    live_differences: int

    @property
    def requests_per_second(self) -> float:
        """Requests answered, over the time until the last answer."""
        return self.load.requests / self.load.seconds

    @property
    def server_cpu_us_per_request(self) -> float:
        """Processor time of the process that answers, without the projector beside it."""
        return self.server_own_cpu_seconds / self.load.requests * 1e6

    @property
    def events_per_second(self) -> float:
        """Events answered, duplicates among them, over the time until the last answer."""
        return sum(self.load.outcomes.values()) / self.load.seconds


def fill(database: Path, stream: Stream, events: int) -> Store:
    """A new store in `database` that holds the first `events` events of `stream`, sent over HTTP and projected."""
    store = Store(database, prepare_store(database), stream, events)
    sending = Sending(stream, 0, batch_events, has_duplicates=False)
    with serving(database) as server:
        plan = LoadPlan(
            server.port, store.key, sending, batch_connections, _preload_max_seconds, events // batch_events
        )
        loaded = generate(plan)
        _await_projection(server.port)
    if loaded.outcomes["accepted"] != events:
        raise BenchmarkFailed(f"Of {events} events before the runs, these were taken: {loaded.outcomes}")
    return store


def run(store: Store, traffic: Traffic, seconds: float) -> Run:
    """Load a copy of `store` for `seconds`, then count it twice. Raises `BenchmarkFailed` for any wrong answer."""
    database = store.database.with_name("run.db")
    _copy(store.database, database)
    sending = Sending(store.stream, store.stored, traffic.events_per_request, has_duplicates=True)
    with serving(database, traffic.has_group_commit) as server:
        cpu_seconds, own_cpu_seconds = -machine.cpu_seconds(server.pid), -machine.own_cpu_seconds(server.pid)
        with sampled(server.port) as samples:
            load = generate(LoadPlan(server.port, store.key, sending, traffic.connections, seconds))
        cpu_seconds += machine.cpu_seconds(server.pid)
        own_cpu_seconds += machine.own_cpu_seconds(server.pid)
        _await_projection(server.port)
    _require_right_answers(load, sending)
    truth = store.stream.counts(store.stored + sending.new_events(load.requests))
    measured = Run(
        load=load,
        currency=summarize(samples, load.started_ns, load.ended_ns),
        server_cpu_share=cpu_seconds / load.seconds,
        server_own_cpu_seconds=own_cpu_seconds,
        recount_differences=differences(truth, recounted(database)),
        live_differences=differences(truth, live_counts(database)),
    )
    _remove(database)
    return measured


def generate(plan: LoadPlan) -> LoadResult:
    """Run the load generator in a process of its own."""
    finished = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=msgspec.json.encode(plan),
        capture_output=True,
        timeout=plan.seconds_max + _load_grace_seconds,
        env=environment(),
        check=False,
    )
    if finished.returncode:
        raise BenchmarkFailed(f"The load generator stopped: {finished.stderr.decode(errors='replace')}")
    return msgspec.json.decode(finished.stdout, type=LoadResult)


def differences(truth: Counts, counted: Counts) -> int:
    """How many quantities differ; one that is missing counts as 0."""
    return sum(truth.get(key, 0) != counted.get(key, 0) for key in truth.keys() | counted.keys())


def _require_right_answers(load: LoadResult, sending: Sending) -> None:
    new = sending.new_events(load.requests)
    expected = dict.fromkeys(OUTCOMES, 0)
    expected |= {"accepted": new, "duplicate": load.requests * sending.events_per_request - new}
    if load.outcomes != expected:
        raise BenchmarkFailed(f"The answers were {load.outcomes}; what was sent makes {expected}")


def _await_projection(port: int) -> None:
    metrics = Metrics(port)
    metrics.await_projection()
    metrics.close()


def _copy(database: Path, copy: Path) -> None:
    """Copy a database with its side files, durably, so that the copying does not burden the run's own fsyncs."""
    _remove(copy)
    for file in database.parent.glob(f"{database.name}*"):
        shutil.copyfile(file, copy.with_name(copy.name + file.name.removeprefix(database.name)))
    os.sync()
    time.sleep(1)


def _remove(database: Path) -> None:
    for file in database.parent.glob(f"{database.name}*"):
        file.unlink()
