"""A long recount is done by two processes, and finds what one finds."""

import gc
import os

import pytest

from gateway.core.metering.recount import CountingScope
from gateway.core.periods.period import BillingPeriod
from gateway.services import recount_log as module
from gateway.services.block_recount import RecountOrder, collecting_rarely
from gateway.services.read_log import LogSpan
from gateway.services.record_events import Recorder
from gateway.services.recount_log import recount_log
from gateway.services.second_recount import SecondRecount, SecondRecountEnded
from tests.services.aggregating import ALL_METERS
from tests.services.billing import FEBRUARY, JANUARY
from tests.services.recording import batch, define, event, subscription

ACME, GLOBEX = subscription("acme"), subscription("globex")
SCOPES = [CountingScope(one, BillingPeriod(JANUARY, FEBRUARY), ALL_METERS) for one in (ACME, GLOBEX)]


@pytest.fixture
def recorded(sqlite_installation):
    define(sqlite_installation, meters=ALL_METERS, subscriptions=[ACME, GLOBEX])
    recorder = Recorder(sqlite_installation)
    for request in range(12):
        customer = ("acme", "globex")[request % 2]
        sent = (event(10 * request + n, customer=customer, properties=properties(n)) for n in range(10))
        recorder.record(batch(*sent))
    return sqlite_installation


def properties(number: int) -> dict[str, object]:
    return {
        "value": number if number % 4 else "x",
        "bytes": "2.5",
        "zone": ("eu", "us")[number % 2],
        "user": f"u{number}",
    }


def test_two_processes_find_what_one_finds(recorded, monkeypatch):
    monkeypatch.setattr(module, "events_per_chunk", 20)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)

    with recorded.storage.snapshot() as unit:
        alone = recount_log(unit, LogSpan(0, 110), SCOPES)
        together = recount_log(unit, LogSpan(0, 110), SCOPES, events_alone=0)

    assert alone.counts
    assert together == alone


def test_a_machine_with_one_core_counts_in_one_process(recorded, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    monkeypatch.setattr(module, "SecondRecount", None)

    with recorded.storage.snapshot() as unit:
        assert recount_log(unit, LogSpan(0, 120), SCOPES, events_alone=0).counts


def test_a_second_process_that_ends_early_is_an_error(recorded):
    with recorded.storage.snapshot() as unit:
        blocks = list(unit.log.blocks(0, 120))
    with SecondRecount(RecountOrder(SCOPES, 0, 120, frozenset())) as second:
        second._process.kill()
        second._process.wait()
        for _ in range(10):
            second.offer(blocks)

        with pytest.raises(SecondRecountEnded, match="ended with code -9; count again"):
            second.gathered()


def test_a_recount_that_fails_leaves_no_process(recorded):
    with (
        pytest.raises(ZeroDivisionError),
        SecondRecount(RecountOrder(SCOPES, 0, 120, frozenset())) as second,
    ):
        raise ZeroDivisionError

    assert second._process.returncode is not None


def test_the_usual_collection_of_garbage_comes_back():
    usual = gc.get_threshold()

    with collecting_rarely(), collecting_rarely():
        within = gc.get_threshold()

    assert within != usual
    assert gc.get_threshold() == usual
