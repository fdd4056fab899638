"""The live projection: counts per bucket, what could not be counted or attributed, and each customer's index.

A chunk is read and written in one statement each, with its rows as one JSON text: see `event_log` for why. CROSS JOIN
has SQLite look each row up instead of going through the table. Totals are added here and not in SQL, because SQLite
has no exact decimals.
"""

import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from secrets import randbits
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, bindparam, delete, func, insert, select, update

from gateway.core.live import (
    Bucket,
    CustomerPositions,
    LiveDelta,
    LiveKey,
    LiveSeries,
    LiveState,
    LiveTally,
    LiveUncountable,
    TallyKey,
    Unattributed,
    UnattributedReason,
)
from gateway.core.meters import UncountableReason
from gateway.core.numbers import EXACT, plain
from gateway.core.time import microseconds
from gateway.storage.json_rows import json_rows_sql
from gateway.storage.rows import (
    CountedSubscriptionRow,
    CustomerPositionsRow,
    LiveCountRow,
    LiveSeriesRow,
    LiveValueRow,
    ProjectionRow,
    UnattributedEventRow,
    UncountableEventRow,
    table_of,
)
from gateway.storage.statements import insert_rows, one_of

_INDEX_COLUMNS = (
    "customer", "first_position", "last_position", "event_count", "occurred_min", "occurred_max", "positions",
)  # fmt: skip

_PROJECTION = table_of(ProjectionRow)
_COUNTED = table_of(CountedSubscriptionRow)
_SERIES = table_of(LiveSeriesRow)
_COUNTS = table_of(LiveCountRow)
_VALUES = table_of(LiveValueRow)
_UNCOUNTABLE = table_of(UncountableEventRow)
_UNATTRIBUTED = table_of(UnattributedEventRow)
_INDEX = table_of(CustomerPositionsRow)
_name = "live"

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
    SELECT {answer:{ordinal}, c.events, CAST(c.total AS TEXT), c.distinct_values} FROM {rows}
    CROSS JOIN live_count AS c WHERE c.series_id = {int:0} AND c.bucket = {text:1} AND c.starts_at = {int:2}
    """
)
_PUT_COUNTS = json_rows_sql(
    """
    INSERT INTO live_count (series_id, bucket, starts_at, events, total, distinct_values)
    SELECT {int:0}, {text:1}, {int:2}, {int:3}, {decimal:4}, {int:5} FROM {rows} WHERE true ORDER BY 1, 2, 3
    ON CONFLICT (series_id, bucket, starts_at) DO UPDATE
    SET events = excluded.events, total = excluded.total, distinct_values = excluded.distinct_values
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

remembered_states_max = 200_000


class State(NamedTuple):
    """A stored bucket: the number of its series, events, total in plain notation, distinct values."""

    series_id: int
    events: int
    total: str
    distinct: int

    def plus(self, tally: LiveTally, distinct: int) -> "State":
        """The bucket with what a chunk adds."""
        if isinstance(tally.total, int) and "." not in self.total:
            total = str(int(self.total) + tally.total)
        else:
            total = plain(EXACT.add(Decimal(self.total), Decimal(tally.total)))
        return State(self.series_id, self.events + tally.events, total, self.distinct + distinct)


class RememberedStates:
    """The states that this process wrote last, which a busy projector would otherwise read again for every chunk.

    They hold for one position and epoch of the projection. Where the transaction that wrote them failed, another
    process has projected since, or counts were forgotten, position or epoch are others, and they are forgotten too.
    """

    def __init__(self) -> None:
        self._place: tuple[int, int] | None = None
        self._states: dict[TallyKey, State] = {}

    def at(self, position: int, epoch: int) -> dict[TallyKey, State]:
        """The states known at `position`; what is added to them holds once `keep` has been called."""
        if (position, epoch) != self._place or len(self._states) > remembered_states_max:
            self._states.clear()
        self._place = None
        return self._states

    def keep(self, position: int, epoch: int) -> None:
        """The states hold from now on at `position`."""
        self._place = (position, epoch)


_remembered: WeakKeyDictionary[Engine, RememberedStates] = WeakKeyDictionary()


class SqlLiveCounts:
    """See `LiveCounts`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def lock_position(self) -> int:
        """See `LiveCounts.lock_position`."""
        return int(self._connection.execute(_READ_POSITION.with_for_update()).scalar_one())

    def position(self) -> int:
        """See `LiveCounts.position`."""
        return int(self._connection.execute(_READ_POSITION).scalar_one())

    def fingerprints(self) -> dict[str, str]:
        """See `LiveCounts.fingerprints`."""
        rows = self._connection.execute(select(_COUNTED.c.subscription_id, _COUNTED.c.fingerprint))
        return {row.subscription_id: row.fingerprint for row in rows}

    def set_fingerprints(self, fingerprints: Mapping[str, str]) -> None:
        """See `LiveCounts.set_fingerprints`."""
        if not fingerprints:
            return
        self._connection.execute(delete(_COUNTED).where(self._among(_COUNTED.c.subscription_id, fingerprints)))
        values = [{"subscription_id": name, "fingerprint": value} for name, value in sorted(fingerprints.items())]
        self._connection.execute(insert(_COUNTED), values)

    def reset(self) -> None:
        """See `LiveCounts.reset`."""
        for table in (_COUNTED, _COUNTS, _VALUES, _UNCOUNTABLE, _UNATTRIBUTED, _INDEX):
            self._connection.execute(delete(table))
        self._connection.execute(_MOVE, {"position": 0})
        self._begin_epoch()

    def forget(self, customer: str, subscription_ids: Sequence[str]) -> None:
        """See `LiveCounts.forget`."""
        series = select(_SERIES.c.id).where(self._among(_SERIES.c.subscription_id, subscription_ids))
        self._connection.execute(delete(_COUNTS).where(_COUNTS.c.series_id.in_(series)))
        self._connection.execute(delete(_VALUES).where(_VALUES.c.series_id.in_(series)))
        uncountable = self._among(_UNCOUNTABLE.c.subscription_id, subscription_ids)
        self._connection.execute(delete(_UNCOUNTABLE).where(uncountable))
        self._connection.execute(delete(_UNATTRIBUTED).where(_UNATTRIBUTED.c.customer == customer))
        self._begin_epoch()

    def apply(self, delta: LiveDelta, position: int) -> None:
        """See `LiveCounts.apply`."""
        self._add_tallies(delta.tallies, position)
        self._insert(_UNCOUNTABLE, [_uncountable_values(item) for item in delta.uncountable])
        self._insert(_UNATTRIBUTED, [_unattributed_values(item) for item in delta.unattributed])
        insert_rows(
            self._connection, "customer_positions", _INDEX_COLUMNS, [_index_values(item) for item in delta.index]
        )
        self._connection.execute(_MOVE, {"position": position})

    def states(
        self, subscriptions: Sequence[str], bucket: str, starts_from: datetime, starts_before: datetime,
        meters: Sequence[str] | None = None,
    ) -> dict[LiveKey, LiveState]:  # fmt: skip
        """See `LiveCounts.states`."""
        query = (
            select(_SERIES, _COUNTS)
            .join_from(_SERIES, _COUNTS, _COUNTS.c.series_id == _SERIES.c.id)
            .where(self._among(_SERIES.c.subscription_id, subscriptions), _COUNTS.c.bucket == bucket)
            .where(_COUNTS.c.starts_at >= starts_from, _COUNTS.c.starts_at < starts_before)
        )
        if meters is not None:
            query = query.where(_SERIES.c.meter.in_(meters))
        return {
            _key(row): LiveState(row.events, row.total, row.distinct_values) for row in self._connection.execute(query)
        }

    def unique_values(
        self, subscriptions: Sequence[str], starts_from: datetime, starts_before: datetime, meters: Sequence[str]
    ) -> Iterator[tuple[LiveKey, str]]:
        """See `LiveCounts.unique_values`."""
        query = (
            select(_SERIES, _VALUES)
            .join_from(_SERIES, _VALUES, _VALUES.c.series_id == _SERIES.c.id)
            .where(self._among(_SERIES.c.subscription_id, subscriptions), _SERIES.c.meter.in_(meters))
            .where(_VALUES.c.bucket == Bucket.HOUR)
            .where(_VALUES.c.starts_at >= starts_from, _VALUES.c.starts_at < starts_before)
        )
        return ((_key(row), row.value_hash) for row in self._connection.execute(query))

    def uncountable(
        self, subscriptions: Sequence[str], meter: str | None, after: int, limit: int
    ) -> list[LiveUncountable]:
        """See `LiveCounts.uncountable`."""
        query = (
            select(_UNCOUNTABLE)
            .where(self._among(_UNCOUNTABLE.c.subscription_id, subscriptions), _UNCOUNTABLE.c.position > after)
            .order_by(_UNCOUNTABLE.c.position, _UNCOUNTABLE.c.meter)
            .limit(limit)
        )
        if meter is not None:
            query = query.where(_UNCOUNTABLE.c.meter == meter)
        rows = self._connection.execute(query)
        return [LiveUncountable(**{**row._asdict(), "reason": UncountableReason(row.reason)}) for row in rows]

    def unattributed(self, after: int, limit: int, customer: str | None = None) -> list[Unattributed]:
        """See `LiveCounts.unattributed`."""
        query = select(_UNATTRIBUTED).where(_UNATTRIBUTED.c.position > after).order_by(_UNATTRIBUTED.c.position)
        if customer is not None:
            query = query.where(_UNATTRIBUTED.c.customer == customer)
        rows = self._connection.execute(query.limit(limit))
        return [Unattributed(**{**row._asdict(), "reason": UnattributedReason(row.reason)}) for row in rows]

    def unattributed_count(self, customer: str | None = None) -> int:
        """See `LiveCounts.unattributed_count`."""
        query = select(func.count()).select_from(_UNATTRIBUTED)
        if customer is not None:
            query = query.where(_UNATTRIBUTED.c.customer == customer)
        return int(self._connection.execute(query).scalar_one())

    def customer_event_count(self, customers: Sequence[str]) -> int:
        """See `LiveCounts.customer_event_count`."""
        events = select(func.coalesce(func.sum(_INDEX.c.event_count), 0))
        return int(self._connection.execute(events.where(self._among(_INDEX.c.customer, customers))).scalar_one())

    def customer_positions(
        self, customer: str, after: int, up_to: int, occurred_from: datetime | None, occurred_before: datetime | None
    ) -> Iterator[int]:
        """See `LiveCounts.customer_positions`."""
        query = (
            select(_INDEX)
            .where(_INDEX.c.customer == customer, _INDEX.c.last_position > after, _INDEX.c.first_position <= up_to)
            .order_by(_INDEX.c.first_position)
        )
        if occurred_from is not None:
            query = query.where(_INDEX.c.occurred_max >= occurred_from)
        if occurred_before is not None:
            query = query.where(_INDEX.c.occurred_min < occurred_before)
        for row in self._connection.execute(query):
            for offset in _unpack(row.positions):
                if after < row.first_position + offset <= up_to:
                    yield row.first_position + offset

    def _among(self, place: ColumnElement[Any], names: Iterable[str]) -> ColumnElement[bool]:
        return one_of(self._connection, place, names)

    def _begin_epoch(self) -> None:
        """Let every process forget the states that it remembers."""
        # Drawn and not counted: the epoch of a transaction that failed must not come again.
        self._connection.execute(update(_PROJECTION).where(_PROJECTION.c.name == _name).values(epoch=randbits(62)))

    def _add_tallies(self, tallies: Sequence[tuple[TallyKey, LiveTally]], position: int) -> None:
        remembered = _remembered.setdefault(self._connection.engine, RememberedStates())
        position_before, epoch = self._connection.execute(_READ_PLACE).one()
        states = remembered.at(position_before, epoch)
        self._look_up([key for key, _ in tallies if key not in states], states)
        distinct = self._add_values(tallies, states)
        rows: list[tuple[object, ...]] = []
        for ordinal, (key, tally) in enumerate(tallies):
            states[key] = state = states[key].plus(tally, distinct.get(ordinal, 0))
            _, bucket, starts_at = key
            rows.append((state.series_id, bucket, starts_at, state.events, state.total, state.distinct))
        if rows:
            self._tell(_PUT_COUNTS, rows)
        remembered.keep(position, epoch)

    def _look_up(self, keys: Sequence[TallyKey], states: dict[TallyKey, State]) -> None:
        """Add the stored states of buckets to `states`."""
        if not keys:
            return
        numbers = self._numbers(sorted({series for series, _, _ in keys}))
        states.update({key: State(numbers[key[0]], 0, "0", 0) for key in keys})
        found = self._ask(_FIND_COUNTS, [(numbers[series], bucket, start) for series, bucket, start in keys])
        for ordinal, events, total, distinct in found:
            key = keys[ordinal]
            states[key] = State(numbers[key[0]], events, total, distinct)

    def _add_values(
        self, tallies: Sequence[tuple[TallyKey, LiveTally]], states: Mapping[TallyKey, State]
    ) -> Counter[int]:
        """Count the values of unique counts; how many were new, by the ordinal of the tally."""
        values = [
            (ordinal, (states[key].series_id, key[1], key[2], value), times)
            for ordinal, (key, tally) in enumerate(tallies)
            if tally.values
            for value, times in sorted(tally.values.items())
        ]
        if not values:
            return Counter()
        known = {place for place, *_ in self._ask(_FIND_VALUES, [key for _, key, _ in values])}
        self._tell(_ADD_VALUES, [(*key, times) for _, key, times in values])
        return Counter(ordinal for place, (ordinal, _, _) in enumerate(values) if place not in known)

    def _numbers(self, series: Sequence[LiveSeries]) -> dict[LiveSeries, int]:
        """The number of every series; those never seen are stored."""
        rows = [
            (one.subscription_id, one.meter, one.version, msgspec.json.encode(one.dimensions).decode())
            for one in series
        ]
        self._tell(_INSERT_SERIES, rows)
        return {series[ordinal]: number for ordinal, number in self._ask(_FIND_SERIES, rows)}

    def _ask(self, sql: Mapping[str, str], rows: Sequence[tuple[object, ...]]) -> list[Any]:
        """The rows of the answer, which comes as one JSON text."""
        answer = self._connection.exec_driver_sql(sql[self._dialect], (msgspec.json.encode(rows).decode(),))
        return cast(list[Any], msgspec.json.decode(answer.scalar_one()))

    def _tell(self, sql: Mapping[str, str], rows: Sequence[tuple[object, ...]]) -> None:
        self._connection.exec_driver_sql(sql[self._dialect], (msgspec.json.encode(rows).decode(),))

    def _insert(self, table: Any, values: Sequence[Mapping[str, object]]) -> None:
        if values:
            self._connection.execute(insert(table), values)


_READ_POSITION = select(_PROJECTION.c.position).where(_PROJECTION.c.name == _name)
_READ_PLACE = select(_PROJECTION.c.position, _PROJECTION.c.epoch).where(_PROJECTION.c.name == _name)
_MOVE = update(_PROJECTION).where(_PROJECTION.c.name == _name).values(position=bindparam("position"))


def _key(row: Row[Any]) -> LiveKey:
    dimensions = tuple((name, value) for name, value in msgspec.json.decode(row.dimensions))
    series = LiveSeries(row.subscription_id, row.meter, row.version, dimensions)
    return LiveKey(series, Bucket(row.bucket), row.starts_at)


def _uncountable_values(item: LiveUncountable) -> dict[str, object]:
    return {column.name: getattr(item, column.name) for column in _UNCOUNTABLE.columns}


def _unattributed_values(item: Unattributed) -> dict[str, object]:
    return {column.name: getattr(item, column.name) for column in _UNATTRIBUTED.columns}


def _index_values(item: CustomerPositions) -> tuple[object, ...]:
    first, last = item.positions[0], item.positions[-1]
    packed = _pack([position - first for position in item.positions])
    span = (microseconds(item.occurred_min), microseconds(item.occurred_max))
    return item.customer, first, last, len(item.positions), *span, packed


def _pack(offsets: Sequence[int]) -> bytes:
    """Offsets as four bytes each, little-endian."""
    packed = array("I", offsets)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def _unpack(packed: bytes) -> "array[int]":
    offsets = array("I", packed)
    if sys.byteorder == "big":
        offsets.byteswap()
    return offsets
