"""Every event that is recorded ends in exactly one outcome, whatever else is sent beside it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.events import Outcome
from gateway.services import record_events
from gateway.services.group_commit import Receipt, kept_events
from gateway.services.installation import Installation
from gateway.services.recent_events import RecentEvents
from gateway.services.record_events import Recorder
from gateway.services.replay_quarantine import replay
from gateway.wire.events import WireFormat, parse_events
from tests.services.recording import batch, define, event
from tests.support import FixedClock

ACCEPTED, DUPLICATE, CONFLICT = Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.CONFLICT
QUARANTINED, REJECTED = Outcome.QUARANTINED, Outcome.REJECTED


def outcomes(receipts: list[Receipt]) -> list[tuple[Outcome, int | None]]:
    return [(receipt.outcome, receipt.position) for receipt in receipts]


def logged_ids(installation: Installation) -> list[str]:
    def read(unit):
        return [one.id for block in unit.log.blocks(0, unit.log.head()) for one in kept_events(block)]

    return installation.storage.read(read)


@pytest.fixture
def recorder(installation: Installation) -> Recorder:
    define(installation)
    return Recorder(installation)


def test_new_events_get_gapless_positions_in_the_order_sent(installation, recorder):
    first = recorder.record(batch(event(1), event(2)))
    second = recorder.record(batch(event(3)))

    assert outcomes(first + second) == [(ACCEPTED, 1), (ACCEPTED, 2), (ACCEPTED, 3)]
    assert logged_ids(installation) == ["e-1", "e-2", "e-3"]


def test_a_repeat_is_a_duplicate_with_the_first_position(installation, recorder):
    recorder.record(batch(event(1), event(2)))

    again = recorder.record(batch(event(2), event(3), event(1)))

    assert outcomes(again) == [(DUPLICATE, 2), (ACCEPTED, 3), (DUPLICATE, 1)]
    assert logged_ids(installation) == ["e-1", "e-2", "e-3"]


def test_a_repeat_within_one_request_is_a_duplicate(recorder):
    assert outcomes(recorder.record(batch(event(1), event(1), event(2)))) == [
        (ACCEPTED, 1),
        (DUPLICATE, 1),
        (ACCEPTED, 2),
    ]


def test_a_repeat_is_found_in_the_log_when_nothing_is_remembered(installation, recorder):
    recorder.record(batch(event(1), event(2), event(3)))
    forgetful = Recorder(installation, RecentEvents(events_max=0))

    again = forgetful.record(batch(event(2), event(3, customer="globex")))

    assert outcomes(again) == [(DUPLICATE, 2), (CONFLICT, 3)]


@pytest.mark.parametrize(
    "change",
    [
        {"customer": "globex"},
        {"type": "other"},
        {"occurred_at": "2026-01-10T12:00:00.000001Z"},
        {"subscription": "acme/api"},
        {"properties": {"bytes": 101, "zone": "eu", "user": "u1"}},
        {"properties": {"bytes": "100", "zone": "eu", "user": "u1"}},
        {"properties": {"bytes": 100, "zone": "eu"}},
    ],
)
def test_the_same_id_with_other_content_is_a_conflict_and_the_first_one_stays(installation, recorder, change):
    recorder.record(batch(event(1)))

    [receipt] = recorder.record(batch(event(1, **change)))

    assert (receipt.outcome, receipt.position) == (CONFLICT, 1)
    assert receipt.reason is not None
    assert logged_ids(installation) == ["e-1"]


def test_the_same_content_written_otherwise_is_a_duplicate(recorder):
    recorder.record(batch(event(1)))
    body = (
        b'{"properties": {"zone": "\\u0065u", "user": "u1", "bytes": 100.0},'
        b' "occurred_at": "2026-01-10T13:00:00+01:00",'
        b' "customer": "acme", "type": "call", "id": "e-1", "source": "api"}'
    )

    [receipt] = recorder.record(parse_events(body, WireFormat.JSON))

    assert (receipt.outcome, receipt.position) == (DUPLICATE, 1)


def test_the_same_id_of_another_source_is_another_event(recorder):
    assert outcomes(recorder.record(batch(event(1), event(1, source="batch-import")))) == [(ACCEPTED, 1), (ACCEPTED, 2)]


def test_a_bad_event_does_not_spoil_its_batch(installation, recorder):
    receipts = recorder.record(batch(event(1), {**event(2), "occurred_at": "yesterday"}, event(3)))

    assert outcomes(receipts) == [(ACCEPTED, 1), (REJECTED, None), (ACCEPTED, 2)]
    assert "occurred_at" in str(receipts[1].reason)
    assert logged_ids(installation) == ["e-1", "e-3"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"customer": "nobody"}, "unknown_customer"),
        ({"type": "unheard-of"}, "unknown_type"),
        ({"occurred_at": "2026-03-01T00:05:00.000001Z"}, "in_the_future"),
    ],
)
def test_what_cannot_be_taken_yet_is_quarantined_and_holds_its_id(installation, recorder, change, reason):
    [first] = recorder.record(batch(event(1, **change)))
    [again] = recorder.record(batch(event(1)))

    assert (first.outcome, first.position, first.reason) == (QUARANTINED, None, reason)
    assert (again.outcome, again.position) == (QUARANTINED, None)
    assert logged_ids(installation) == []


def test_five_minutes_ahead_is_not_too_far(recorder):
    assert outcomes(recorder.record(batch(event(1, occurred_at="2026-03-01T00:05:00Z")))) == [(ACCEPTED, 1)]


def test_a_replay_takes_what_is_known_by_now(installation, recorder, clock: FixedClock):
    recorder.record(batch(event(1, customer="nobody"), event(2, occurred_at="2026-03-01T01:00:00Z"), event(3)))
    clock.advance(timedelta(hours=1))

    receipts = replay(installation)

    assert outcomes(receipts) == [(QUARANTINED, None), (ACCEPTED, 2)]
    assert logged_ids(installation) == ["e-3", "e-2"]


def test_a_replayed_event_is_a_duplicate_afterwards(installation, recorder, clock: FixedClock):
    recorder.record(batch(event(2, occurred_at="2026-03-01T01:00:00Z")))
    clock.advance(timedelta(hours=1))
    [taken] = replay(installation)
    [waiting] = installation.storage.read(lambda unit: unit.log.quarantined(None, 10, open_only=False))

    [again] = replay(installation, [waiting.id])
    [sent_again] = recorder.record(batch(event(2, occurred_at="2026-03-01T01:00:00Z")))

    assert (taken.outcome, taken.position) == (ACCEPTED, 1)
    assert (again.outcome, again.position) == (DUPLICATE, 1)
    assert (sent_again.outcome, sent_again.position) == (DUPLICATE, 1)


def test_outcomes_are_tallied_by_source_and_hour(installation, recorder):
    recorder.record(batch(event(1), event(2, customer="nobody")))
    recorder.record(batch(event(1), event(1, customer="globex")))

    tally = installation.storage.read(lambda unit: unit.log.intake())

    assert (tally.accepted, tally.duplicate, tally.conflict, tally.quarantined) == (1, 1, 1, 1)


def test_concurrent_senders_of_the_same_ids_record_each_once(installation, recorder):
    bodies = [batch(*(event(number) for number in range(start, start + 20))) for start in range(0, 100, 10)] * 3

    with ThreadPoolExecutor(8) as pool:
        receipts = [receipt for answer in pool.map(recorder.record, bodies) for receipt in answer]

    assert sum(receipt.outcome is ACCEPTED for receipt in receipts) == 110
    assert sum(receipt.outcome is DUPLICATE for receipt in receipts) == 600 - 110
    assert sorted(logged_ids(installation)) == sorted(f"e-{number}" for number in range(110))


def test_recorders_of_two_processes_record_each_event_once(installation):
    define(installation)
    recorders = [Recorder(installation), Recorder(installation)]

    def send(number: int) -> list[Receipt]:
        return recorders[number % 2].record(batch(*(event(n) for n in range(50))))

    with ThreadPoolExecutor(4) as pool:
        receipts = [receipt for answer in pool.map(send, range(8)) for receipt in answer]

    assert sum(receipt.outcome is ACCEPTED for receipt in receipts) == 50
    assert {receipt.outcome for receipt in receipts} == {ACCEPTED, DUPLICATE}


def test_requests_that_wait_for_a_commit_share_the_next_one(sqlite_installation):
    define(sqlite_installation)
    recorder = Recorder(sqlite_installation)
    storage = sqlite_installation.storage
    is_blocked, may_go_on = threading.Event(), threading.Event()

    def block(_unit) -> None:
        is_blocked.set()
        may_go_on.wait(10)

    blocking = storage.submit(block)
    is_blocked.wait(10)
    answers = []
    for number in range(10):
        recorder.submit(batch(event(number)), answers.append)
    before = storage.commits
    may_go_on.set()
    blocking.result()
    recorder.record(batch(event(99)))

    assert len(answers) == 10
    assert storage.commits - before <= 3  # the blocking one, all ten together, the last


def _crowd(recorder, monkeypatch, each_is):
    """Let sixteen requests share a commit, and one come while the next commit waits for more; how often that waited."""
    waits = []

    def come_meanwhile(seconds):
        waits.append(seconds)
        recorder.submit(batch(*each_is(200)), answers.append)

    monkeypatch.setattr(record_events, "sleep", come_meanwhile)
    storage, answers, is_answered = recorder._installation.storage, [], threading.Event()
    is_blocked, may_go_on = threading.Event(), threading.Event()

    def block(_unit) -> None:
        is_blocked.set()
        may_go_on.wait(10)

    blocking = storage.submit(block)
    is_blocked.wait(10)
    for number in range(15):
        recorder.submit(batch(*each_is(number)), answers.append)
    recorder.submit(batch(*each_is(15)), lambda _answer: is_answered.set())
    may_go_on.set()
    blocking.result()
    is_answered.wait(10)
    before = storage.commits
    recorder.record(batch(*each_is(100)))
    return len(waits), storage.commits - before


def test_after_a_crowd_of_small_requests_a_commit_waits_for_more(sqlite_installation, monkeypatch):
    define(sqlite_installation)

    waits, commits = _crowd(Recorder(sqlite_installation), monkeypatch, lambda number: [event(number)])

    assert waits == 1
    assert commits == 1  # who came meanwhile shared the one that waited


def test_large_requests_and_single_senders_are_not_waited_for(sqlite_installation, monkeypatch):
    define(sqlite_installation)
    recorder = Recorder(sqlite_installation)

    large, _ = _crowd(recorder, monkeypatch, lambda number: [event(number), event(number + 1000)])
    recorder.record(batch(event(5000)))
    recorder.record(batch(event(5001)))

    assert large == 0


def test_when_storage_fails_every_request_of_the_commit_is_told(installation, recorder):
    failing = Recorder(replace(installation, storage=_Full(installation.storage)))

    with pytest.raises(DiskFull):
        failing.record(batch(event(1)))

    assert outcomes(recorder.record(batch(event(1)))) == [(ACCEPTED, 1)]


class DiskFull(Exception):
    pass


class _Full:
    """A storage whose writer fails."""

    def __init__(self, storage):
        self._storage = storage

    def submit(self, _work, priority):
        def fail(_unit):
            raise DiskFull

        return self._storage.submit(fail, priority)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sent=st.lists(st.lists(st.tuples(st.integers(0, 8), st.sampled_from([1, 2])), min_size=1, max_size=6), max_size=6)
)
def test_the_first_content_of_an_id_wins_whatever_is_sent_later(sqlite_installation, sent):
    if not sqlite_installation.storage.read(lambda unit: unit.definitions.event_types()):
        define(sqlite_installation)
    recorder = Recorder(sqlite_installation)
    run = sqlite_installation.ids.new("run")
    first: dict[int, int] = {}
    for request in sent:
        receipts = recorder.record(batch(*(event(f"{run}-{n}", properties={"bytes": v}) for n, v in request)))
        for (number, value), receipt in zip(request, receipts, strict=True):
            expected = ACCEPTED if number not in first else DUPLICATE if first[number] == value else CONFLICT
            assert receipt.outcome is expected
            first.setdefault(number, value)
