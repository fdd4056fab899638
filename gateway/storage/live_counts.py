"""The live projection: counts per bucket, what could not be counted or attributed, and each customer's index.

A chunk is read and written in one statement each, with its rows as one JSON text: see `event_log` for why. CROSS JOIN has
SQLite look each row up, instead of looking through the table. Totals are
added here and not in SQL, because SQLite has no exact decimals.
"""

import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import Connection, Engine, Row, bindparam, delete, func, insert, select, update

from gateway.core.live import (
    Bucket,
    CustomerPositions,
    LiveDelta,
    LiveKey,
    LiveSeries,
    LiveState,
    LiveTally,
    LiveUncountable,
    Unattributed,
    UnattributedReason,
)
from gateway.core.meters import UncountableReason
from gateway.core.numbers import EXACT, plain
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
)

_PROJECTION = ProjectionRow.__table__  # type: ignore[attr-defined]
_COUNTED = CountedSubscriptionRow.__table__  # type: ignore[attr-defined]
_SERIES = LiveSeriesRow.__table__  # type: ignore[attr-defined]
_COUNTS = LiveCountRow.__table__  # type: ignore[attr-defined]
_VALUES = LiveValueRow.__table__  # type: ignore[attr-defined]
_UNCOUNTABLE = UncountableEventRow.__table__  # type: ignore[attr-defined]
_UNATTRIBUTED = UnattributedEventRow.__table__  # type: ignore[attr-defined]
_INDEX = CustomerPositionsRow.__table__  # type: ignore[attr-defined]
_name = "live"

_INSERT_SERIES = json_rows_sql(
    """
    INSERT INTO live_series (subscription_id, meter, version, dimensions)
    SELECT {text:0}, {text:1}, {int:2}, {text:3} FROM {rows} WHERE true ON CONFLICT DO NOTHING
    """
)
_FIND_SERIES = json_rows_sql(
    """
    SELECT {ordinal}, s.id FROM {rows} CROSS JOIN live_series AS s
    WHERE s.subscription_id = {text:0} AND s.meter = {text:1} AND s.version = {int:2} AND s.dimensions = {text:3}
    """
)
_FIND_COUNTS = json_rows_sql(
    """
    SELECT {ordinal}, c.events, CAST(c.total AS TEXT), c.distinct_values FROM {rows}
    CROSS JOIN live_count AS c WHERE c.series_id = {int:0} AND c.bucket = {text:1} AND c.starts_at = {int:2}
    """
)
_PUT_COUNTS = json_rows_sql(
    """
    INSERT INTO live_count (series_id, bucket, starts_at, events, total, distinct_values)
    SELECT {int:0}, {text:1}, {int:2}, {int:3}, {decimal:4}, {int:5} FROM {rows} WHERE true
    ON CONFLICT (series_id, bucket, starts_at) DO UPDATE
    SET events = excluded.events, total = excluded.total, distinct_values = excluded.distinct_values
    """
)
_FIND_VALUES = json_rows_sql(
    """
    SELECT {ordinal} FROM {rows} CROSS JOIN live_value AS v
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

# The number of every series that a committed transaction has stored; numbers never change, so this cannot be wrong.
_series_numbers: WeakKeyDictionary[Engine, dict[LiveSeries, int]] = WeakKeyDictionary()


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
        self._connection.execute(delete(_COUNTED).where(_COUNTED.c.subscription_id.in_(fingerprints)))
        values = [{"subscription_id": name, "fingerprint": value} for name, value in sorted(fingerprints.items())]
        self._connection.execute(insert(_COUNTED), values)

    def reset(self) -> None:
        """See `LiveCounts.reset`."""
        for table in (_COUNTED, _COUNTS, _VALUES, _UNCOUNTABLE, _UNATTRIBUTED, _INDEX):
            self._connection.execute(delete(table))
        self._connection.execute(_MOVE, {"position": 0})

    def forget(self, customer: str, subscription_ids: Sequence[str]) -> None:
        """See `LiveCounts.forget`."""
        series = select(_SERIES.c.id).where(_SERIES.c.subscription_id.in_(subscription_ids))
        self._connection.execute(delete(_COUNTS).where(_COUNTS.c.series_id.in_(series)))
        self._connection.execute(delete(_VALUES).where(_VALUES.c.series_id.in_(series)))
        self._connection.execute(delete(_UNCOUNTABLE).where(_UNCOUNTABLE.c.subscription_id.in_(subscription_ids)))
        self._connection.execute(delete(_UNATTRIBUTED).where(_UNATTRIBUTED.c.customer == customer))

    def apply(self, delta: LiveDelta, position: int) -> None:
        """See `LiveCounts.apply`."""
        self._add_tallies(delta.tallies)
        self._insert(_UNCOUNTABLE, [_uncountable_values(item) for item in delta.uncountable])
        self._insert(_UNATTRIBUTED, [_unattributed_values(item) for item in delta.unattributed])
        self._insert(_INDEX, [_index_values(item) for item in delta.index])
        self._connection.execute(_MOVE, {"position": position})

    def states(
        self, subscriptions: Sequence[str], bucket: str, starts_from: datetime, starts_before: datetime,
        meters: Sequence[str] | None = None,
    ) -> dict[LiveKey, LiveState]:  # fmt: skip
        """See `LiveCounts.states`."""
        query = (
            select(_SERIES, _COUNTS)
            .join_from(_SERIES, _COUNTS, _COUNTS.c.series_id == _SERIES.c.id)
            .where(_SERIES.c.subscription_id.in_(subscriptions), _COUNTS.c.bucket == bucket)
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
            .where(_SERIES.c.subscription_id.in_(subscriptions), _SERIES.c.meter.in_(meters))
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
            .where(_UNCOUNTABLE.c.subscription_id.in_(subscriptions), _UNCOUNTABLE.c.position > after)
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
        counted = select(func.coalesce(func.sum(_INDEX.c.event_count), 0)).where(_INDEX.c.customer.in_(customers))
        return int(self._connection.execute(counted).scalar_one())

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

    def _add_tallies(self, tallies: Mapping[LiveSeries, Mapping[tuple[Bucket, int], LiveTally]]) -> None:
        numbers = self._numbers(list(tallies))
        added = [
            (numbers[series], bucket, starts_at, tally)
            for series, buckets in tallies.items()
            for (bucket, starts_at), tally in buckets.items()
        ]
        if not added:
            return
        added.sort(key=lambda row: row[:3])
        distinct = self._add_values(added)
        found = {
            ordinal: (events, total, known)
            for ordinal, events, total, known in self._rows(_FIND_COUNTS, [row[:3] for row in added])
        }
        self._rows(
            _PUT_COUNTS,
            [
                (*row[:3], *_sum(row[3], distinct.get(ordinal, 0), found.get(ordinal)))
                for ordinal, row in enumerate(added)
            ],
        )

    def _add_values(self, added: Sequence[tuple[int, Bucket, int, LiveTally]]) -> dict[int, int]:
        """Count the values of unique counts; how many were new, by the ordinal of the row."""
        values = [
            (number, bucket, starts_at, value, events, ordinal)
            for ordinal, (number, bucket, starts_at, tally) in enumerate(added)
            for value, events in sorted(tally.values.items())
        ]
        if not values:
            return {}
        known = {ordinal for (ordinal,) in self._rows(_FIND_VALUES, [row[:4] for row in values])}
        self._rows(_ADD_VALUES, [row[:5] for row in values])
        distinct: dict[int, int] = {}
        for place, row in enumerate(values):
            if place not in known:
                distinct[row[5]] = distinct.get(row[5], 0) + 1
        return distinct

    def _numbers(self, series: Sequence[LiveSeries]) -> dict[LiveSeries, int]:
        """The number of every series; those never seen are stored."""
        remembered = _series_numbers.setdefault(self._connection.engine, {})
        missing = [one for one in series if one not in remembered]
        if not missing:
            return remembered
        rows = [
            (one.subscription_id, one.meter, one.version, msgspec.json.encode(one.dimensions).decode())
            for one in missing
        ]
        found = {missing[ordinal]: number for ordinal, number in self._rows(_FIND_SERIES, rows)}
        remembered.update(found)
        if len(found) < len(missing):
            # These are not remembered yet: this transaction may still fail.
            self._rows(_INSERT_SERIES, rows)
            found |= {missing[ordinal]: number for ordinal, number in self._rows(_FIND_SERIES, rows)}
        return {**remembered, **found}

    def _rows(self, sql: Mapping[str, str], rows: Sequence[tuple[object, ...]]) -> Sequence[Any]:
        result = self._connection.exec_driver_sql(sql[self._dialect], (msgspec.json.encode(rows).decode(),))
        return result.fetchall() if result.returns_rows else ()

    def _insert(self, table: Any, values: Sequence[Mapping[str, object]]) -> None:
        if values:
            self._connection.execute(insert(table), values)


_READ_POSITION = select(_PROJECTION.c.position).where(_PROJECTION.c.name == _name)
_MOVE = update(_PROJECTION).where(_PROJECTION.c.name == _name).values(position=bindparam("position"))


def _sum(tally: LiveTally, distinct: int, known: tuple[int, str, int] | None) -> tuple[int, str, int]:
    """A bucket's new events, total and distinct values."""
    events, total, distinct_before = known or (0, "0", 0)
    if tally.total:
        total = plain(EXACT.add(Decimal(total), Decimal(tally.total)))
    return events + tally.events, total, distinct_before + distinct


def _key(row: Row[Any]) -> LiveKey:
    dimensions = tuple((name, value) for name, value in msgspec.json.decode(row.dimensions))
    series = LiveSeries(row.subscription_id, row.meter, row.version, dimensions)
    return LiveKey(series, Bucket(row.bucket), row.starts_at)


def _uncountable_values(item: LiveUncountable) -> dict[str, object]:
    return {column.name: getattr(item, column.name) for column in _UNCOUNTABLE.columns}


def _unattributed_values(item: Unattributed) -> dict[str, object]:
    return {column.name: getattr(item, column.name) for column in _UNATTRIBUTED.columns}


def _index_values(item: CustomerPositions) -> dict[str, object]:
    first = item.positions[0]
    return {
        "customer": item.customer,
        "first_position": first,
        "last_position": item.positions[-1],
        "event_count": len(item.positions),
        "occurred_min": item.occurred_min,
        "occurred_max": item.occurred_max,
        "positions": _pack([position - first for position in item.positions]),
    }


def _pack(offsets: Sequence[int]) -> bytes:
    """Offsets as four bytes each, little-endian."""
    packed = array("I", offsets)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def _unpack(packed: bytes) -> array[int]:
    offsets = array("I", packed)
    if sys.byteorder == "big":
        offsets.byteswap()
    return offsets
