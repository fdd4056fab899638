"""What polars is given adds up to what the stream says."""

from datetime import UTC, datetime
from pathlib import Path

from benchmarks.events import Counts, IdStyle, Stream
from benchmarks.recount import by_polars, daily_counts, write_parquet


def test_the_days_of_polars_add_up_to_the_truth(tmp_path: Path) -> None:
    stream = Stream(7, IdStyle.TIME_ORDERED, datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC))
    write_parquet(tmp_path / "events.parquet", stream, 2_000)

    counts: Counts = {}
    found = daily_counts(by_polars(tmp_path / "events.parquet"))
    for (key, _), quantity in found.items():
        counts[key] = counts.get(key, 0) + quantity

    assert counts == {key: quantity for key, quantity in stream.counts(2_000).items() if quantity}
    assert {day.day for _, day in found} == {1, 2, 3}
