"""The stored states of live buckets: read before the writer's turn, changed in memory, written in one statement.

What a chunk asks is one statement each, with its rows as one JSON text: see `event_log` for why. CROSS JOIN has SQLite
look each row up instead of going through the table. Totals are added here and not in SQL, because SQLite
has no exact decimals.
"""

import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import Connection, Engine

from gateway.core.metering.live import LiveDelta, LiveSeries, LiveTally, PreparedDelta, TallyKey
from gateway.core.metering.live_kept import Kept, kept_from, merged
from gateway.core.numbers import EXACT, plain
from gateway.storage.json_rows import json_rows_sql
from gateway.storage.statements import insert_rows

_INSERT_SERIES = json_rows_sql(
    """
    INSERT INTO live_series (subscription_id, meter, version, dimensions)
    SELECT {text:0}, {text:1}, {int:2}, {text:3} FROM {rows} WHERE true ON CONFLICT DO NOTHING
    """
)
_FIND_SERIES = json_rows_sql(
    """
    SELECT {answer:{ordinal}, s.id} FROM {rows} CROSS JOIN live_series AS s
    WHERE s.subscription_id = {text:0} AND s.meter = {text:1} AND s.version = {int:2} AND s.dimensions = {text:3}
    """
)
_FIND_COUNTS = json_rows_sql(
    """
    SELECT {answer:{ordinal}, c.events, CAST(c.total AS TEXT), c.distinct_values, c.kept} FROM {rows}
    CROSS JOIN live_count AS c WHERE c.series_id = {int:0} AND c.bucket = {text:1} AND c.starts_at = {int:2}
    """
)
_FIND_VALUES = json_rows_sql(
    """
    SELECT {answer:{ordinal}} FROM {rows} CROSS JOIN live_value AS v
    WHERE v.series_id = {int:0} AND v.bucket = {text:1} AND v.starts_at = {int:2} AND v.value_hash = {text:3}
    """
)
_ADD_VALUES = json_rows_sql(
    """
    INSERT INTO live_value (series_id, bucket, starts_at, value_hash, events)
    SELECT {int:0}, {text:1}, {int:2}, {text:3}, {int:4} FROM {rows} WHERE true
    ON CONFLICT (series_id, bucket, starts_at, value_hash) DO UPDATE SET events = live_value.events + excluded.events
    """
)

_COLUMNS = ("series_id", "bucket", "starts_at", "events", "total", "distinct_values", "revision")
_OVERWRITE = """ ON CONFLICT (series_id, bucket, starts_at) DO UPDATE
    SET events = excluded.events, total = excluded.total, distinct_values = excluded.distinct_values,
        revision = excluded.revision"""
_OVERWRITE_KEPT = _OVERWRITE + ", kept = excluded.kept"

remembered_states_max = 200_000

_series, _events, _total, _distinct, _revision = 0, 3, 4, 5, 6


class State:
    """A stored bucket: its row as it is written, its total as a number, and what else it keeps.

    The series has no number in the row until it is stored, and the row no revision until it is written.
    """

    __slots__ = ("kept", "row", "total")

    def __init__(
        self, key: TallyKey, events: int = 0, total: str = "0", distinct: int = 0, kept: str | None = None
    ) -> None:
        _, bucket, starts_at = key
        self.row: list[Any] = [None, bucket.value, starts_at, events, total, distinct, 0]
        self.total: int | Decimal = Decimal(total) if "." in total else int(total)
        self.kept: Kept | None = None if kept is None else kept_from(msgspec.json.decode(kept))

    def order(self) -> int:
        """Where it is stored among others: by series, those never seen at the end."""
        return self.row[_series] or sys.maxsize

    def add(self, tally: LiveTally) -> None:
        """Add what a chunk adds, but for its distinct values."""
        self.row[_events] += tally.events
        if tally.kept is not None:
            self.kept = merged(self.kept, tally.kept)
        added = tally.total
        if not added:
            return
        if isinstance(added, int) and isinstance(self.total, int):
            self.total += added
            self.row[_total] = str(self.total)
        else:
            self.total = EXACT.add(Decimal(self.total), Decimal(added))
            self.row[_total] = plain(self.total)


Place = tuple[int, int]
"""Position and epoch of the projection: while they stay, nothing is counted or forgotten."""


class RememberedStates:
    """The states that this process wrote last, which a busy projector would otherwise read again for every chunk.

    Who takes them owns them, and gives them back with the place where they hold once that is written. Where the
    transaction that wrote them failed, another process has projected since, or counts were forgotten, the place is
    another, and they are forgotten too.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[Place, dict[TallyKey, State]] | None = None

    def take(self, place: Place) -> dict[TallyKey, State]:
        """The states known at `place`."""
        with self._lock:
            kept, self._kept = self._kept, None
        return kept[1] if kept and kept[0] == place and len(kept[1]) <= remembered_states_max else {}

    def keep(self, place: Place, states: dict[TallyKey, State]) -> None:
        """Remember states that hold at `place`."""
        with self._lock:
            self._kept = place, states


@dataclass(slots=True)
class PreparedStates(PreparedDelta):
    """The states that a delta makes of those at `place`.

    Of the changed ones, in the order in which they are stored, `unnumbered` are of series never seen, and `values` has
    how often each value of a unique count occurred.
    """

    delta: LiveDelta
    place: Place
    changed: list[State]
    values: list[tuple[State, dict[str, int]]]
    unnumbered: dict[LiveSeries, list[State]]
    known: dict[TallyKey, State]
    remembered: RememberedStates


_remembered: WeakKeyDictionary[Engine, RememberedStates] = WeakKeyDictionary()


class LiveStates:
    """Reads and writes the states of buckets on a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def prepare(self, delta: LiveDelta, place: Place) -> PreparedStates:
        """Add `delta` to the states as this connection sees them at `place`."""
        remembered = _remembered.setdefault(self._connection.engine, RememberedStates())
        known = remembered.take(place)
        unnumbered = self._look_up([key for key, _ in delta.tallies if key not in known], known)
        changed = [known[key] for key, _ in delta.tallies]
        values: list[tuple[State, dict[str, int]]] = []
        for state, (_, tally) in zip(changed, delta.tallies, strict=True):
            state.add(tally)
            if tally.values:
                values.append((state, tally.values))
        changed.sort(key=State.order)
        return PreparedStates(delta, place, changed, values, unnumbered, known, remembered)

    def write(self, prepared: PreparedStates, place: Place, revision: int) -> None:
        """Store what was prepared, as change `revision` of the live counts; from now on it holds at `place`."""
        for series, number in self._store_series(sorted(prepared.unnumbered)).items():
            for state in prepared.unnumbered[series]:
                state.row[_series] = number
        self._add_values(prepared)
        for state in prepared.changed:
            state.row[_revision] = revision
        rows = [state.row for state in prepared.changed if state.kept is None]
        insert_rows(self._connection, "live_count", _COLUMNS, rows, _OVERWRITE)
        if len(rows) < len(prepared.changed):
            kept = [(*state.row, _stored(state.kept)) for state in prepared.changed if state.kept is not None]
            insert_rows(self._connection, "live_count", (*_COLUMNS, "kept"), kept, _OVERWRITE_KEPT)
        prepared.remembered.keep(place, prepared.known)

    def _look_up(self, keys: Sequence[TallyKey], states: dict[TallyKey, State]) -> dict[LiveSeries, list[State]]:
        """Add the states of buckets to `states`; those of series that are not stored are also the answer, by series."""
        numbers = self._numbers(sorted({series for series, _, _ in keys}))
        stored = [key for key in keys if key[0] in numbers]
        found = self._ask(_FIND_COUNTS, [(numbers[series], bucket, start) for series, bucket, start in stored])
        states.update({key: State(key) for key in keys})
        states.update({stored[ordinal]: State(stored[ordinal], *counted) for ordinal, *counted in found})
        unnumbered: dict[LiveSeries, list[State]] = {}
        for key in keys:
            number = states[key].row[_series] = numbers.get(key[0])
            if number is None:
                unnumbered.setdefault(key[0], []).append(states[key])
        return unnumbered

    def _add_values(self, prepared: PreparedStates) -> None:
        """Count the values of unique counts, and those that are new as distinct."""
        values = [
            (state, (*state.row[:_events], value), times)
            for state, occurred in prepared.values
            for value, times in sorted(occurred.items())
        ]
        known = {place for place, *_ in self._ask(_FIND_VALUES, [key for _, key, _ in values])}
        self._tell(_ADD_VALUES, [(*key, times) for _, key, times in values])
        for place, (state, _, _) in enumerate(values):
            state.row[_distinct] += place not in known

    def _numbers(self, series: Sequence[LiveSeries]) -> dict[LiveSeries, int]:
        """The numbers of those series that are stored."""
        return {series[ordinal]: number for ordinal, number in self._ask(_FIND_SERIES, _series_rows(series))}

    def _store_series(self, series: Sequence[LiveSeries]) -> dict[LiveSeries, int]:
        """The number of every series; those never seen are stored."""
        self._tell(_INSERT_SERIES, _series_rows(series))
        return self._numbers(series)

    def _ask(self, sql: Mapping[str, str], rows: Sequence[Sequence[object]]) -> list[Any]:
        """The rows of the answer, which comes as one JSON text."""
        if not rows:
            return []
        answer = self._connection.exec_driver_sql(sql[self._dialect], (msgspec.json.encode(rows).decode(),))
        return cast(list[Any], msgspec.json.decode(answer.scalar_one()))

    def _tell(self, sql: Mapping[str, str], rows: Sequence[Sequence[object]]) -> None:
        if rows:
            self._connection.exec_driver_sql(sql[self._dialect], (msgspec.json.encode(rows).decode(),))


def _stored(kept: Kept) -> str:
    return msgspec.json.encode(kept.stored()).decode()


def _series_rows(series: Sequence[LiveSeries]) -> list[tuple[object, ...]]:
    return [
        (one.subscription_id, one.meter, one.version, msgspec.json.encode(one.dimensions).decode()) for one in series
    ]
