"""The greatest of the sums of windows, whose values are given window by window."""

from collections.abc import Mapping
from dataclasses import replace

from gateway.core.metering.meter import Aggregation, MeterVersion
from gateway.core.periods.windows import Window, span_around, windows_from
from gateway.core.time import EPOCH
from tests.corpus.adapters.aggregation.metered import Question
from tests.corpus.adapters.aggregation.reading import TYPE, UTC_ZONE, event
from tests.corpus.given import Given


def peak(given: Given) -> Mapping[str, object]:
    """The sums and the greatest of them."""
    window = Window(given.take("window"))
    values = dict(given.part("window_sums_from").items())
    placed = list(zip(windows_from(EPOCH, window, UTC_ZONE), values.items(), strict=False))
    events = [
        event(f"{name} {ordinal}", one.start, {"value": value})
        for one, (name, within) in placed
        for ordinal, value in enumerate(within)
    ]
    version = MeterVersion("meter", 1, TYPE, Aggregation.MAX_OF_WINDOW_SUMS, "unit", "value", window=window)
    period = span_around([one.occurred_at for one in events], window, UTC_ZONE)
    question = Question(version, events, period, UTC_ZONE, None)
    summed = replace(version, aggregation=Aggregation.SUM, window=None)
    return {
        "window_sums": [question.whole(summed, one).quantity for one, _ in placed],
        "value": question.whole(version).quantity,
    }
