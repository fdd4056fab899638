"""The live projection: counts per bucket, what could not be counted or attributed, and each customer's index."""

import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from secrets import randbits
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, delete, func, insert, select, update

from gateway.core.feeds import ChangedHour
from gateway.core.metering.live import (
    Bucket,
    CustomerPositions,
    LiveDelta,
    LiveKey,
    LiveSeries,
    LiveState,
    LiveUncountable,
    PreparedDelta,
    Unattributed,
    UnattributedReason,
)
from gateway.core.metering.live_kept import kept_from
from gateway.core.metering.meter import UncountableReason
from gateway.core.time import microseconds
from gateway.storage.live_states import LiveStates, Place, PreparedStates
from gateway.storage.rows import (
    CountedSubscriptionRow,
    CustomerPositionsRow,
    LiveCountRow,
    LiveForgottenRow,
    LiveSeriesRow,
    LiveValueRow,
    ProjectionRow,
    UnattributedEventRow,
    UncountableEventRow,
    table_of,
)
from gateway.storage.statements import insert_rows, one_of, upsert

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
_FORGOTTEN = table_of(LiveForgottenRow)
_fetch_hours = 1_000
_name = "live"


class SqlLiveCounts:
    """See `LiveCounts`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def lock_position(self) -> int:
        """See `LiveCounts.lock_position`."""
        return int(self._connection.execute(_LOCK_POSITION).scalar_one())

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
        self._connection.execute(_MOVE, {"position": 0})
        self._forget(select(_SERIES.c.subscription_id).distinct())
        for table in (_COUNTED, _COUNTS, _VALUES, _UNCOUNTABLE, _UNATTRIBUTED, _INDEX):
            self._connection.execute(delete(table))

    def forget(self, customer: str, subscription_ids: Sequence[str]) -> None:
        """See `LiveCounts.forget`."""
        of_these = self._among(_SERIES.c.subscription_id, subscription_ids)
        self._forget(select(_SERIES.c.subscription_id).where(of_these).distinct())
        series = select(_SERIES.c.id).where(of_these)
        self._connection.execute(delete(_COUNTS).where(_COUNTS.c.series_id.in_(series)))
        self._connection.execute(delete(_VALUES).where(_VALUES.c.series_id.in_(series)))
        uncountable = self._among(_UNCOUNTABLE.c.subscription_id, subscription_ids)
        self._connection.execute(delete(_UNCOUNTABLE).where(uncountable))
        self._connection.execute(delete(_UNATTRIBUTED).where(_UNATTRIBUTED.c.customer == customer))

    def prepare(self, delta: LiveDelta) -> PreparedStates:
        """See `LiveCounts.prepare`."""
        return LiveStates(self._connection).prepare(delta, self._place())

    def apply(self, prepared: PreparedDelta, position: int) -> bool:
        """See `LiveCounts.apply`."""
        assert isinstance(prepared, PreparedStates)
        place = _, epoch = self._place()
        if place != prepared.place:
            return False
        revision = self._connection.execute(_MOVE, {"position": position}).scalar_one()
        LiveStates(self._connection).write(prepared, (position, epoch), revision)
        delta = prepared.delta
        self._insert(_UNCOUNTABLE, [_uncountable_values(item) for item in delta.uncountable])
        self._insert(_UNATTRIBUTED, [_unattributed_values(item) for item in delta.unattributed])
        insert_rows(
            self._connection, "customer_positions", _INDEX_COLUMNS, [_index_values(item) for item in delta.index]
        )
        return True

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
        return {_key(row): _state(row) for row in self._connection.execute(query)}

    def unique_values(
        self, subscriptions: Sequence[str], bucket: str, starts_from: datetime, starts_before: datetime,
        meters: Sequence[str],
    ) -> Iterator[tuple[LiveKey, str]]:  # fmt: skip
        """See `LiveCounts.unique_values`."""
        query = (
            select(_SERIES, _VALUES)
            .join_from(_SERIES, _VALUES, _VALUES.c.series_id == _SERIES.c.id)
            .where(self._among(_SERIES.c.subscription_id, subscriptions), _SERIES.c.meter.in_(meters))
            .where(_VALUES.c.bucket == bucket)
            .where(_VALUES.c.starts_at >= starts_from, _VALUES.c.starts_at < starts_before)
        )
        return ((_key(row), row.value_hash) for row in self._connection.execute(query))

    def revision(self) -> int:
        """See `LiveCounts.revision`."""
        return int(self._connection.execute(_READ_REVISION).scalar_one())

    def forgotten(self, after: int) -> list[tuple[int, str]]:
        """See `LiveCounts.forgotten`."""
        query = select(_FORGOTTEN.c.revision, _FORGOTTEN.c.subscription_id).where(_FORGOTTEN.c.revision > after)
        return [
            (row.revision, row.subscription_id)
            for row in self._connection.execute(query.order_by(*query.selected_columns))
        ]

    def changed_hours(self, after: int) -> Iterator[ChangedHour]:
        """See `LiveCounts.changed_hours`."""
        query = (
            select(_SERIES, _COUNTS)
            .join_from(_SERIES, _COUNTS, _COUNTS.c.series_id == _SERIES.c.id)
            .where(_COUNTS.c.bucket == Bucket.HOUR, _COUNTS.c.revision > after)
            .order_by(_COUNTS.c.series_id, _COUNTS.c.starts_at)
        )
        with self._connection.execute(query, execution_options={"yield_per": _fetch_hours}) as rows:
            for row in rows:
                yield ChangedHour(row.revision, _key(row), _state(row))

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

    def _place(self) -> Place:
        position, epoch = self._connection.execute(_READ_PLACE).one()
        return position, epoch

    def _forget(self, subscription_ids: Select[str]) -> None:
        """Note that counts of these are forgotten, and let every process forget the states that it remembers."""
        # Drawn and not counted: the epoch of a transaction that failed must not come again.
        revision = self._connection.execute(_BEGIN_EPOCH, {"epoch": randbits(62)}).scalar_one()
        found = self._connection.execute(subscription_ids).scalars().all()
        noted = upsert(self._connection, _FORGOTTEN)
        noted = noted.on_conflict_do_update(
            index_elements=["subscription_id"], set_={"revision": noted.excluded.revision}
        )
        if found:
            self._connection.execute(noted, [{"subscription_id": name, "revision": revision} for name in found])

    def _insert(self, table: Any, values: Sequence[Mapping[str, object]]) -> None:
        if values:
            self._connection.execute(insert(table), values)


_READ_POSITION = select(_PROJECTION.c.position).where(_PROJECTION.c.name == _name)
_LOCK_POSITION = _READ_POSITION.with_for_update()
_READ_PLACE = select(_PROJECTION.c.position, _PROJECTION.c.epoch).where(_PROJECTION.c.name == _name)
_READ_REVISION = select(_PROJECTION.c.revision).where(_PROJECTION.c.name == _name)
_CHANGE = (
    update(_PROJECTION)
    .where(_PROJECTION.c.name == _name)
    .values(revision=_PROJECTION.c.revision + 1)
    .returning(_PROJECTION.c.revision)
)
_MOVE = _CHANGE.values(position=bindparam("position"))
_BEGIN_EPOCH = _CHANGE.values(epoch=bindparam("epoch"))


def _key(row: Row[Any]) -> LiveKey:
    dimensions = tuple((name, value) for name, value in msgspec.json.decode(row.dimensions))
    series = LiveSeries(row.subscription_id, row.meter, row.version, dimensions)
    return LiveKey(series, Bucket(row.bucket), row.starts_at)


def _state(row: Row[Any]) -> LiveState:
    kept = None if row.kept is None else kept_from(msgspec.json.decode(row.kept))
    return LiveState(row.events, row.total, row.distinct_values, kept)


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
