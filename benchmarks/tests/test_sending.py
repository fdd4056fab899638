"""What the load generator sends is what it says it sends."""

import json
from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import numpy as np
import pytest

from benchmarks.events import CountKey, IdStyle, Stream, this_month
from benchmarks.rows import event_bytes
from benchmarks.sending import Sending

OCCURRED = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 24, 10, 8, tzinfo=UTC))
HEAD = b"POST / HTTP/1.1\r\n\r\n"


def sending(events_per_request: int, ids: IdStyle = IdStyle.TIME_ORDERED, stored: int = 1_000) -> Sending:
    return Sending(Stream(7, ids, *OCCURRED), stored, events_per_request, has_duplicates=stored > 0)


def sent(by: Sending, requests: int) -> list[list[dict[str, Any]]]:
    return [json.loads(bytes(request)[len(HEAD) :]) for request in islice(by.requests(HEAD), requests)]


@pytest.mark.parametrize("events_per_request", [1, 7, 100])
def test_each_event_is_200_bytes_of_json(events_per_request: int) -> None:
    request = bytes(next(sending(events_per_request).requests(HEAD)))

    events = json.loads(request[len(HEAD) :])

    assert len(events) == events_per_request
    assert {len(json.dumps(event, separators=(",", ":"))) for event in events} == {event_bytes}
    assert sending(events_per_request).body_bytes == len(request) - len(HEAD)


@pytest.mark.parametrize("ids", list(IdStyle))
@pytest.mark.parametrize("events_per_request", [1, 7, 100])
def test_one_event_in_twenty_repeats_one_that_an_earlier_request_or_the_store_holds(
    events_per_request: int, ids: IdStyle
) -> None:
    seen = {event["id"]: event for [event] in sent(sending(1, ids, stored=0), 1_000)}
    new, repeated = 0, 0

    for request in sent(sending(events_per_request, ids), 6_000 // events_per_request):
        assert all(seen[event["id"]] == event for event in request if event["id"] in seen)
        fresh = {event["id"]: event for event in request if event["id"] not in seen}
        new, repeated = new + len(fresh), repeated + len(request) - len(fresh)
        seen |= fresh

    assert repeated == pytest.approx(300, abs=1)
    assert new == sending(events_per_request, ids).new_events(6_000 // events_per_request)


def test_time_ordered_ids_rise_by_the_millisecond_and_random_ones_do_not() -> None:
    ordered, random = (
        [event["id"] for request in sent(sending(100, ids, stored=0), 50) for event in request] for ids in IdStyle
    )

    assert [id_[:13] for id_ in ordered] == sorted(id_[:13] for id_ in ordered)
    assert [id_[:13] for id_ in random] != sorted(id_[:13] for id_ in random)
    assert ({id_[14] for id_ in ordered}, {id_[14] for id_ in random}) == ({"7"}, {"4"})


def test_events_are_spread_over_the_span_and_the_customers() -> None:
    events = [event for request in sent(sending(100), 200) for event in request]

    occurred = sorted(datetime.fromisoformat(event["occurred_at"]) for event in events)

    assert OCCURRED[0] <= occurred[0] <= occurred[-1] < OCCURRED[1]
    assert len({instant.date() for instant in occurred}) == 24
    assert len({event["customer"] for event in events}) == 1_000


def test_the_truth_is_what_reading_the_requests_adds_up_to() -> None:
    by = sending(100)
    events = {event["id"]: event for [event] in sent(sending(1, stored=0), 1_000)}
    events |= {event["id"]: event for request in sent(by, 50) for event in request}
    counted: Counter[CountKey] = Counter()
    for event in events.values():
        customer, properties = event["customer"], event["properties"]
        counted[CountKey("requests", customer, "")] += 1
        counted[CountKey("tokens", customer, "")] += properties["tokens"]
        counted[CountKey("tokens-by-model", customer, properties["model"])] += properties["tokens"]

    truth = by.stream.counts(1_000 + by.new_events(50))

    assert {key: number for key, number in truth.items() if number} == counted


def test_most_repeats_are_recent_and_some_reach_back_to_any_event() -> None:
    by = sending(100, stored=1_000_000)

    events = by.events(np.arange(400_000, dtype=np.uint64)).astype(np.int64)
    newest = np.maximum.accumulate(events)
    back = (newest - events)[newest > events]

    assert len(back) == 20_000
    assert (back <= 110_000).mean() == pytest.approx(0.95, abs=0.01)
    assert back.max() > 900_000


def test_repeats_need_events_to_repeat() -> None:
    with pytest.raises(ValueError, match="50 events are stored; re-sends need at least 100"):
        sending(100, stored=50)


def test_the_first_hour_of_a_month_reaches_into_the_month_before() -> None:
    start, before = this_month(datetime(2026, 12, 1, 0, 30, tzinfo=UTC))

    assert (start, before) == (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, 0, 30, tzinfo=UTC))
