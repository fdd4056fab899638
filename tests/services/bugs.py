"""Ten bugs as a programmer could make them, each in the live counts or in the recount."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from gateway.core.metering.columns import EventColumns
from gateway.core.metering.counts import CountingScope, Recount
from gateway.core.metering.gathering import Gathering
from gateway.core.metering.live import Bucket, LiveDelta
from gateway.core.ports.storage import UnitOfWork
from gateway.services import project, recount_log
from gateway.services.live_fold import LiveFold
from gateway.services.read_log import LogSpan
from gateway.services.recent_events import RecordedRun
from gateway.wire.events import WireEvent

LATE_FROM_POSITION = 4
"""From this place of the log on events came after their period had ended."""
_HOUR = timedelta(hours=1)
_RECOUNT = "gateway.services.count_periods.recount_log"

Bug = Callable[[pytest.MonkeyPatch], None]
Events = list[tuple[int, WireEvent]]


def _in_fold(change: Callable[[Events], Events]) -> Bug:
    """The projector counts what `change` makes of the events; the customers' index stays right."""
    fold = LiveFold.fold

    def wrong(self: LiveFold, runs: Sequence[RecordedRun]) -> LiveDelta:
        events = [(run.first_position + place, each) for run in runs for place, each in enumerate(run.events)]
        counted = fold(self, [RecordedRun(at, runs[0].recorded_at, [event]) for at, event in change(events)])
        counted.index = fold(self, runs).index
        return counted

    return lambda patch: patch.setattr(LiveFold, "fold", wrong)


def _in_delta(change: Callable[[LiveDelta], None]) -> Bug:
    """The projector stores what `change` makes of what it counted."""
    fold = LiveFold.fold

    def wrong(self: LiveFold, runs: Sequence[RecordedRun]) -> LiveDelta:
        counted = fold(self, runs)
        change(counted)
        return counted

    return lambda patch: patch.setattr(LiveFold, "fold", wrong)


def _in_gathering(change: Callable[[EventColumns], EventColumns]) -> Bug:
    """The recount gathers what `change` makes of the events."""
    add = Gathering.add
    return lambda patch: patch.setattr(Gathering, "add", lambda self, columns: add(self, change(columns)))


def _in_result(change: Callable[[Recount], Recount]) -> Bug:
    """The recount answers what `change` makes of its counts."""
    return lambda patch: patch.setattr(_RECOUNT, lambda *asked: change(recount_log.recount_log(*asked)))


def _rows(columns: EventColumns, ordinals: Sequence[int]) -> EventColumns:
    """The events at these places, as often as they are named."""
    picked: dict[str, Any] = {
        name: [getattr(columns, name)[ordinal] for ordinal in ordinals]
        for name in ("positions", "customers", "subscriptions", "instants")
    }
    properties = {name: [values[ordinal] for ordinal in ordinals] for name, values in columns.properties.items()}
    return replace(columns, **picked, properties=properties)


def _doubled(columns: EventColumns) -> EventColumns:
    properties = {
        name: [each * 2 if isinstance(each, int) else each for each in values]
        for name, values in columns.properties.items()
    }
    return replace(columns, properties=properties)


def _as_of_acme(columns: EventColumns) -> EventColumns:
    both = _rows(columns, [*range(len(columns.positions))] * 2)
    return replace(both, customers=[*columns.customers, *("acme" for _ in columns.customers)])


def _events_of(events: Events, **changes: Any) -> Events:
    return [(position, msgspec.structs.replace(event, **changes)) for position, event in events]


def _double_values(events: Events) -> Events:
    raw = {"gigabytes": msgspec.Raw(b"99")}
    return [(at, msgspec.structs.replace(event, properties={**event.properties, **raw})) for at, event in events]


def _shifted(events: Events) -> Events:
    return [(at, msgspec.structs.replace(event, occurred_at=event.occurred_at + _HOUR)) for at, event in events]


def _without_a_bucket(delta: LiveDelta) -> None:
    delta.tallies = [each for each in delta.tallies if each[0][1] is not Bucket.PERIOD]


def _by_first_version(delta: LiveDelta) -> None:
    delta.tallies = [((key[0]._replace(version=1), *key[1:]), tally) for key, tally in delta.tallies]


def _nothing(delta: LiveDelta) -> None:
    delta.tallies = []


def _lost(delta: LiveDelta) -> None:
    delta.tallies, delta.index = [], []


def _first_versions(counted: Recount) -> Recount:
    return replace(counted, counts={key._replace(version=1): count for key, count in counted.counts.items()})


def _without_a_count(counted: Recount) -> Recount:
    return replace(counted, counts=dict(list(counted.counts.items())[1:]))


def _up_to_yesterday(patch: pytest.MonkeyPatch) -> None:
    def wrong(unit: UnitOfWork, span: LogSpan, scopes: Sequence[CountingScope]) -> Recount:
        return recount_log.recount_log(unit, replace(span, up_to=LATE_FROM_POSITION - 1), scopes)

    patch.setattr(_RECOUNT, wrong)


def _without_a_block(patch: pytest.MonkeyPatch) -> None:
    chunks = recount_log._chunks

    def wrong(blocks: Any) -> Any:
        return chunks(list(blocks)[1:])

    patch.setattr(recount_log, "_chunks", wrong)


def _voids_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(recount_log, "corrected_positions", lambda *_: frozenset())


def _is_early(position: int) -> bool:
    return position < LATE_FROM_POSITION


BUGS: dict[str, tuple[Bug, Bug]] = {
    "value extraction": (_in_fold(_double_values), _in_gathering(_doubled)),
    "zone": (
        _in_fold(_shifted),
        _in_gathering(lambda columns: replace(columns, instants=[each + _HOUR for each in columns.instants])),
    ),
    "dedupe": (
        _in_fold(lambda events: events * 2),
        _in_gathering(lambda columns: _rows(columns, [*range(len(columns.positions))] * 2)),
    ),
    "late": (
        _in_fold(lambda events: [each for each in events if _is_early(each[0])]),
        _in_gathering(
            lambda columns: _rows(columns, [place for place, at in enumerate(columns.positions) if _is_early(at)])
        ),
    ),
    "void": (lambda patch: patch.setattr(project, "_recount_corrected", lambda *_: None), _voids_nothing),
    "projection lag": (_in_delta(_nothing), _up_to_yesterday),
    "dropped bucket": (_in_delta(_without_a_bucket), _in_result(_without_a_count)),
    "wrong version": (_in_delta(_by_first_version), _in_result(_first_versions)),
    "double attribution": (
        _in_fold(lambda events: [*events, *_events_of(events, customer="acme")]),
        _in_gathering(_as_of_acme),
    ),
    "lost block": (_in_delta(_lost), _without_a_block),
}
"""Each in the live counts, and in the recount."""
