"""Recognition of a month: fees by day and usage that is not billed yet, for many subscriptions of five lines each."""

import json
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.server import BenchmarkFailed
from gateway.services.bill import bill_due
from gateway.services.clocks import RandomIds
from gateway.services.customers import SubscriptionRequest, create_customer, subscribe
from gateway.services.define import apply_definitions
from gateway.services.installation import Installation
from gateway.services.project import Projector
from gateway.services.recognise import recognise_due
from gateway.services.record_events import Recorder
from gateway.storage.database import open_database
from gateway.storage.migrate import migrate
from gateway.wire.events import WireFormat, parse_events

_fees = 3
_lines = 5
_events_per_request = 1_000
_began = datetime(2026, 1, 15, tzinfo=UTC)
_used = datetime(2026, 1, 20, 12, tzinfo=UTC)
_month_over = datetime(2026, 2, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RecognitionRun:
    """Seconds for the month, for nothing new after it, and by how much the peak of memory grew meanwhile."""

    seconds: float
    again_seconds: float
    memory_growth_mb: float


@dataclass
class _Clock:
    at: datetime = _began

    def now(self) -> datetime:
        return self.at


def run_recognition(database: Path, subscriptions: int) -> RecognitionRun:
    """Bill fees of subscriptions, record usage, and recognise the month. Raises `BenchmarkFailed` if a line is missing.

    Their periods run over the end of the month: of each, three fees are earned in part, and two lines of usage accrue.
    """
    clock = _Clock()
    storage = open_database(f"sqlite:///{database}")
    try:
        migrate(storage)
        installation = Installation(
            storage, business_clock=clock, system_clock=clock, ids=RandomIds(), connection="main"
        )
        _set_up(installation, clock, subscriptions)
        clock.at = _month_over
        peak = _peak_mb()
        began = time.perf_counter()
        recognise_due(installation)
        ended = time.perf_counter()
        growth = _peak_mb() - peak
        again = recognise_due(installation)
        _require(again == 0, f"{again} entries were posted again")
        again_seconds = time.perf_counter() - ended
        revenue = {
            account for account, _ in storage.read(lambda unit: unit.books.balances()) if account[:8] == "revenue:"
        }
        _require(len(revenue) == _lines, f"revenue is only of {sorted(revenue)}")
    finally:
        storage.close()
    return RecognitionRun(ended - began, again_seconds, growth)


def _set_up(installation: Installation, clock: _Clock, subscriptions: int) -> None:
    apply_definitions(installation, _definitions())
    for number in range(subscriptions):
        create_customer(installation, f"c{number}", f"Customer {number}")
        subscribe(installation, SubscriptionRequest(f"c{number}", "team", _began, by_anniversary=True))
    recorder = Recorder(installation)
    projector = Projector(installation, recorder.recent)
    bill_due(installation, projector)
    clock.at = _used
    for body in _bodies(subscriptions):
        recorder.record(parse_events(body, WireFormat.JSON))
    projector.catch_up()


def _definitions() -> dict[str, object]:
    keys = [f"m{number}" for number in range(_lines - _fees)]
    metered = [{"key": key, "name": key, "meter": key, "model": "per_unit", "unit_amount": "0.07"} for key in keys]
    base = {"model": "flat", "amount": "31.00", "timing": "in_advance"}
    fees = [{"key": f"fee{number}", "name": f"Fee {number}", **base} for number in range(_fees)]
    counted = [{"key": key, "name": key, "event_type": key, "aggregation": "count", "unit": "call"} for key in keys]
    plan = {"key": "team", "name": "Team", "currency": "USD", "interval": "month", "prices": [*fees, *metered]}
    return {"event_types": keys, "meters": counted, "plans": [plan]}


def _bodies(subscriptions: int) -> Iterator[bytes]:
    events = [
        {
            "source": "s",
            "id": f"{number}-{key}",
            "type": key,
            "customer": f"c{number}",
            "occurred_at": _used.isoformat(),
        }
        for number in range(subscriptions)
        for key in (f"m{meter}" for meter in range(_lines - _fees))
    ]
    for start in range(0, len(events), _events_per_request):
        yield json.dumps(events[start : start + _events_per_request]).encode()


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _require(is_true: bool, fault: str) -> None:
    if not is_true:
        raise BenchmarkFailed(f"Recognition: {fault}")
