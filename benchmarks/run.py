"""Measure every path of the gateway that has a bar: `python -m benchmarks.run [--quick] [--only PATH]`."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from rich.console import Console

from benchmarks import machine
from benchmarks.books import run_books
from benchmarks.demo import run_demo
from benchmarks.events import IdStyle, Stream, this_month
from benchmarks.ingest import BATCHES, SINGLES, SINGLES_COMMITTED_ALONE, Run, Store, Traffic, fill, run
from benchmarks.rating import quantities_rated, quantities_with_terms, run_rating
from benchmarks.recognition import run_recognition
from benchmarks.recount import run_recount
from benchmarks.report import Row, at_least, at_most, print_table, write_json
from benchmarks.server import BenchmarkFailed

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "latest.json"
seed = 20_260_101


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured: events stored before each run, transfers, subscriptions, runs, and their seconds."""

    stored: int
    transfers: int
    runs: int
    batch_seconds: float
    other_seconds: float
    subscriptions: int


FULL = Scale(1_000_000, transfers=10_000_000, runs=3, batch_seconds=30, other_seconds=10, subscriptions=10_000)
QUICK = Scale(100_000, transfers=1_000_000, runs=1, batch_seconds=3, other_seconds=2, subscriptions=200)


class Bench:
    """The paths, measured one after the other in one folder; stores are filled once and copied for each run."""

    def __init__(self, folder: Path, scale: Scale, now: datetime, console: Console) -> None:
        self._folder = folder
        self._scale = scale
        self._last_hour = (now - timedelta(hours=1), now)
        self._this_month = this_month(now)
        self._thirty_days = (now - timedelta(days=30), now)
        self._console = console
        self._stores: dict[str, Store] = {}
        self._medians: dict[str, float] = {}

    def batch100(self) -> Iterator[Row]:
        """A hundred events a request, ids in the order of time."""
        runs = self._runs("ingest.batch100", self._ordered(), BATCHES, self._scale.batch_seconds)
        speeds = [each.events_per_second for each in runs]
        self._medians["ingest.batch100"] = median(speeds)
        yield at_least("ingest.batch100", median(speeds), "events/s", 80_000)
        yield at_least("ingest.batch100.slowest_run", min(speeds), "events/s", 60_000)
        yield at_most("ingest.batch100.p99_ms", max(each.load.latency_p99_ms for each in runs), "ms", 250)
        yield at_most("ingest.batch100.lag_p99_s", max(each.currency.lag_p99_seconds for each in runs), "s", 1)
        outside = max(each.currency.lag_by_positions_p99_seconds for each in runs)
        yield Row("ingest.batch100.lag_by_positions_p99_s", outside, "s")
        yield Row("ingest.batch100.fsyncs_per_s", median(each.currency.fsyncs_per_second for each in runs), "fsyncs/s")
        yield from _generator_and_counts("ingest.batch100", runs)

    def random_ids(self) -> Iterator[Row]:
        """A hundred events a request, random ids, into a store full of random ids."""
        stream = Stream(seed, IdStyle.RANDOM, *self._last_hour)
        runs = self._runs("ingest.random_ids", stream, BATCHES, self._scale.other_seconds)
        value = median(each.events_per_second for each in runs)
        row = at_least("ingest.random_ids", value, "events/s", 20_000)
        yield self._against(row, "ingest.batch100")
        yield from _generator_and_counts("ingest.random_ids", runs)

    def month(self) -> Iterator[Row]:
        """Events from all over the month, as when history is loaded: each falls into an hour of its own.

        One run, because the projection takes a minute to follow it.
        """
        stream = Stream(seed, IdStyle.TIME_ORDERED, *self._this_month)
        measured = self._run("ingest.month", self._store(stream), BATCHES, self._scale.other_seconds)
        yield self._against(Row("ingest.month", measured.events_per_second, "events/s"), "ingest.batch100")
        yield Row("ingest.month.lag_p99_s", measured.currency.lag_p99_seconds, "s")
        yield from _generator_and_counts("ingest.month", [measured])

    def single(self) -> Iterator[Row]:
        """One event a request from 64 clients, with group commit and with a transaction for each request."""
        seconds = self._scale.other_seconds
        alone = self._runs("ingest.single_committed_alone", self._ordered(), SINGLES_COMMITTED_ALONE, seconds)
        runs = self._runs("ingest.single", self._ordered(), SINGLES, seconds)
        self._medians["ingest.single_committed_alone"] = median(each.requests_per_second for each in alone)
        value = median(each.requests_per_second for each in runs)
        row = self._against(at_least("ingest.single", value, "requests/s", 8_000), "ingest.single_committed_alone")
        yield row
        yield Row("ingest.single.cpu_us", median(each.server_cpu_us_per_request for each in runs), "us/request")
        yield Row("ingest.single_committed_alone", self._medians["ingest.single_committed_alone"], "requests/s")
        yield at_least("ingest.single.times_committed_alone", row.ratio or 0, "times", 3)
        yield from _generator_and_counts("ingest.single", [*runs, *alone])

    def demo(self) -> Iterator[Row]:
        """The flights, loaded and billed."""
        measured = run_demo(self._folder / "demo")
        yield at_most("demo.seconds", measured.seconds, "s", 60)
        yield at_most("demo.peak_memory_mb", measured.peak_memory_mb, "MB", 500)

    def rating(self) -> Iterator[Row]:
        """Graduated quantities, beside numpy's int64 in the same run."""
        measured = run_rating(seed)
        yield Row("rating.graduated", quantities_rated / measured.seconds, "quantities/s")
        yield at_most("rating.graduated.times_numpy", measured.seconds / measured.numpy_seconds, "times", 20)
        yield Row("rating.graduated.with_terms", quantities_with_terms / measured.seconds_with_terms, "quantities/s")

    def recount(self) -> Iterator[Row]:
        """The recount of all that is stored, by customer, meter and day of a month, beside polars in the same run."""
        stream = Stream(seed, IdStyle.TIME_ORDERED, *self._thirty_days)
        store = self._store(stream)
        measured = run_recount(store.database, stream, store.stored)
        ratio = measured.seconds / measured.polars_seconds
        yield Row("recount.daily", measured.seconds, "s", ratio, "recount.daily.polars")
        yield Row("recount.daily.polars", measured.polars_seconds, "s")
        yield at_most("recount.daily.times_polars", ratio, "times", 12)

    def books(self) -> Iterator[Row]:
        """Books over two years with ten thousand customers."""
        measured = run_books(self._folder / "books.db", seed, self._scale.transfers)
        yield at_most("books.trial_balance", measured.trial_balance_seconds, "s", 1)
        yield at_most("books.verify", measured.verify_seconds, "s", 60)
        yield Row("books.verify.cpu", measured.verify_cpu_seconds, "s")
        yield Row("books.balances", measured.balances, "balances")

    def recognition(self) -> Iterator[Row]:
        """A month of many subscriptions with five lines each."""
        measured = run_recognition(self._folder / "recognition.db", self._scale.subscriptions)
        yield at_most("recognition.month", measured.seconds, "s", 60)
        yield Row("recognition.again", measured.again_seconds, "s")
        yield at_most("recognition.memory_growth_mb", measured.memory_growth_mb, "MB", 50)

    def _ordered(self) -> Stream:
        return Stream(seed, IdStyle.TIME_ORDERED, *self._last_hour)

    def _store(self, stream: Stream) -> Store:
        name = f"{stream.ids}-{stream.occurred_from:%d-%H}"
        if name not in self._stores:
            self._console.print(f"Storing {self._scale.stored:,} events with {stream.ids} ids")
            self._stores[name] = fill(self._folder / f"{name}.db", stream, self._scale.stored)
        return self._stores[name]

    def _runs(self, path: str, stream: Stream, traffic: Traffic, seconds: float) -> list[Run]:
        store = self._store(stream)
        return [
            self._run(f"{path}, run {number} of {self._scale.runs}", store, traffic, seconds)
            for number in range(1, self._scale.runs + 1)
        ]

    def _run(self, title: str, store: Store, traffic: Traffic, seconds: float) -> Run:
        measured = run(store, traffic, seconds)
        self._console.print(f"{title}: {_sentence(measured)}", highlight=False)
        return measured

    def _against(self, row: Row, other: str) -> Row:
        if other not in self._medians:
            return row
        return Row(row.path, row.value, row.unit, row.value / self._medians[other], other, row.bar, row.met)


PATHS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "batch100": Bench.batch100,
    "random_ids": Bench.random_ids,
    "month": Bench.month,
    "single": Bench.single,
    "demo": Bench.demo,
    "rating": Bench.rating,
    "recount": Bench.recount,
    "books": Bench.books,
    "recognition": Bench.recognition,
}


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, write; 1 if a bar is not met, 2 if something failed."""
    options = _options(arguments)
    console = Console(width=None if sys.stdout.isatty() else 120)
    with tempfile.TemporaryDirectory(prefix=".work-", dir=HERE) as folder:
        fsync = Row("machine.fsync_p50_ms", machine.fsync_p50_ms(Path(folder)), "ms")
        console.print(f"{machine.describe()}; fsync p50 {fsync.value:.2f} ms", highlight=False)
        bench = Bench(Path(folder), QUICK if options.quick else FULL, datetime.now(UTC), console)
        try:
            rows = [fsync, *(row for path in options.only or PATHS for row in PATHS[path](bench))]
        except BenchmarkFailed as failure:
            console.print(f"[bold red]{failure}", markup=True)
            return 2
    print_table(rows, console)
    if not (options.quick or options.only):
        write_json(rows, RESULTS)
    return int(any(row.met is False for row in rows))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short look: a small store, one run, nothing written")
    parser.add_argument("--only", action="append", choices=list(PATHS), help="measure only this; nothing written")
    return parser.parse_args(arguments)


def _generator_and_counts(path: str, runs: list[Run]) -> Iterator[Row]:
    yield Row(f"{path}.generator_cores", median(each.load.cpu_share for each in runs), "cores")
    yield at_most(f"{path}.recount_differences", sum(each.recount_differences for each in runs), "quantities", 0)
    yield at_most(f"{path}.live_differences", sum(each.live_differences for each in runs), "quantities", 0)


def _sentence(one: Run) -> str:
    load, currency = one.load, one.currency
    return (
        f"{one.events_per_second:,.0f} events/s in {one.requests_per_second:,.0f} requests/s; "
        f"p50 {load.latency_p50_ms:.1f} ms, p99 {load.latency_p99_ms:.1f} ms, longest {load.latency_max_ms:.0f} ms; "
        f"lag p99 {currency.lag_p99_seconds:.2f} s ({currency.lag_by_positions_p99_seconds:.2f} s by positions); "
        f"{currency.fsyncs_per_second:,.0f} fsyncs/s; cores: server {one.server_cpu_share:.2f}, "
        f"generator {load.cpu_share:.2f}; differences: recount {one.recount_differences}, live {one.live_differences}"
    )


if __name__ == "__main__":
    sys.exit(main())
