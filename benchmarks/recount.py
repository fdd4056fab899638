"""Events recounted from the embedded store by customer, meter and day, beside polars at the same over Parquet."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import NamedTuple, TypeVar

import numpy as np
import polars as pl

from benchmarks.events import (
    CUSTOMERS,
    METER_REQUESTS,
    METER_TOKENS,
    METER_TOKENS_BY_MODEL,
    MODELS,
    CountKey,
    Stream,
    tokens_min,
)
from benchmarks.server import BenchmarkFailed
from benchmarks.store import daily_recount

T = TypeVar("T")
DailyCounts = dict[tuple[CountKey, date], int]

_runs = 3
_day = pl.col("occurred_at").dt.date().alias("day")


class Frames(NamedTuple):
    """What polars finds: events and tokens by customer and day, and tokens by model too."""

    by_customer: pl.DataFrame
    by_model: pl.DataFrame


@dataclass(frozen=True, slots=True)
class RecountRun:
    """The median seconds of several runs of each, taken by turns."""

    seconds: float
    polars_seconds: float


def run_recount(database: Path, stream: Stream, events: int) -> RecountRun:
    """Count the first `events` events of a stream with both. Raises `BenchmarkFailed` if a quantity differs."""
    parquet = database.with_suffix(".parquet")
    write_parquet(parquet, stream, events)
    ours: list[float] = []
    theirs: list[float] = []
    with daily_recount(database, stream.occurred_from, stream.occurred_before) as recount:
        for _ in range(_runs):
            frames, seconds = _timed(lambda: by_polars(parquet))
            theirs.append(seconds)
            counted, seconds = _timed(recount.run)
            ours.append(seconds)
            if recount.daily_counts(counted) != daily_counts(frames):
                raise BenchmarkFailed("The recount and polars do not come to the same quantities")
    return RecountRun(median(ours), median(theirs))


def write_parquet(file: Path, stream: Stream, events: int) -> None:
    """The first events of a stream, with the columns that are counted."""
    fields = stream.fields(np.arange(events, dtype=np.uint64))
    frame = {
        "customer": np.array(CUSTOMERS)[fields.customer],
        "occurred_at": pl.Series(fields.occurred_ms.astype(np.int64)).cast(pl.Datetime("ms", "UTC")),
        "model": np.array(MODELS)[fields.model],
        "tokens": fields.tokens.astype(np.int64) + tokens_min,
    }
    pl.DataFrame(frame).write_parquet(file)


def by_polars(file: Path) -> Frames:
    """The three meters, read from the file and summed as 64-bit integers."""
    events, tokens = pl.scan_parquet(file), pl.col("tokens").sum()
    by_customer = events.group_by("customer", _day).agg(pl.len().alias("requests"), tokens)
    return Frames(*pl.collect_all([by_customer, events.group_by("customer", "model", _day).agg(tokens)]))


def daily_counts(frames: Frames) -> DailyCounts:
    """The same as quantities of the meters."""
    counts: DailyCounts = {}
    by_customer = frames.by_customer.select("customer", "day", "requests", "tokens")
    for customer, day, requests, tokens in by_customer.iter_rows():
        counts[CountKey(METER_REQUESTS, customer, ""), day] = requests
        counts[CountKey(METER_TOKENS, customer, ""), day] = tokens
    for customer, model, day, tokens in frames.by_model.select("customer", "model", "day", "tokens").iter_rows():
        counts[CountKey(METER_TOKENS_BY_MODEL, customer, model), day] = tokens
    return counts


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    done = work()
    return done, time.perf_counter() - started
