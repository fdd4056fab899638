"""The event log: blocks as sent, identities that never expire, quarantine and tallies.

Everything that ingest does per commit is one statement each, and one row of answer, whatever the number of events:
SQLite gives up the interpreter lock for every row, and a busy event loop takes its time to hand it back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Connection, Row, Select, bindparam, func, insert, select, update

from gateway.core.corrections import CorrectionKind, EventCorrection
from gateway.core.events import QuarantineReason
from gateway.core.ports.event_log import EventBlock, IdentityRun, IntakeCount, QuarantinedEvent
from gateway.core.time import EPOCH, microseconds
from gateway.storage.rows import (
    EventBlockRow,
    EventCorrectionRow,
    EventIdentityRow,
    IntakeCountRow,
    QuarantinedEventRow,
    table_of,
)
from gateway.storage.statements import each_of, insert_rows, one_of

_BLOCKS = table_of(EventBlockRow)
_QUARANTINE = table_of(QuarantinedEventRow)
_IDENTITIES = table_of(EventIdentityRow)
_CORRECTIONS = table_of(EventCorrectionRow)
_INTAKE = table_of(IntakeCountRow)
_POSITIONS = msgspec.json.Decoder(list[tuple[str, int | None]])
_stream = 0
_fetch_blocks = 64

_READ_HEAD = f"SELECT position FROM log_head WHERE stream = {_stream}"  # noqa: S608 - a number of our own
_MOVE_HEAD = {
    "sqlite": f"UPDATE log_head SET position = ? WHERE stream = {_stream}",  # noqa: S608
    "postgresql": f"UPDATE log_head SET position = %s WHERE stream = {_stream}",  # noqa: S608
}
_FIND = {
    "sqlite": """
        SELECT json_group_array(json_array(i.id, i.position)) FROM json_each(?) AS asked
        CROSS JOIN event_identity AS i ON i.source_id = (SELECT id FROM event_source WHERE name = ?)
        AND i.id = asked.value
        """,
    "postgresql": """
        SELECT coalesce(json_agg(json_build_array(id, position)), '[]')::text FROM event_identity
        WHERE id = ANY(%s) AND source_id = (SELECT id FROM event_source WHERE name = %s)
        """,
}
_INSERT_IDENTITIES = {
    # In the order of ids, so that random ones touch each page once.
    "sqlite": """
        INSERT INTO event_identity (source_id, id, position)
        SELECT ?, value, ? + key FROM json_each(?) ORDER BY value
        """,
    "postgresql": """
        INSERT INTO event_identity (source_id, id, position)
        SELECT %s, id, %s + ordinal - 1 FROM unnest(%s::text[]) WITH ORDINALITY AS sent (id, ordinal) ORDER BY id
        """,
}
_INSERT_SOURCE = {
    "sqlite": "INSERT INTO event_source (name) VALUES (?) ON CONFLICT DO NOTHING",
    "postgresql": "INSERT INTO event_source (name) VALUES (%s) ON CONFLICT DO NOTHING",
}
_FIND_SOURCE = {
    "sqlite": "SELECT id FROM event_source WHERE name = ?",
    "postgresql": "SELECT id FROM event_source WHERE name = %s",
}
_BLOCK_COLUMNS = (
    "first_position", "event_count", "recorded_at", "format", "skipped", "occurred_min", "occurred_max", "body",
)  # fmt: skip
_TALLY = """
    INSERT INTO intake_count (source, hour, accepted, duplicate, conflict, quarantined) VALUES ({marks})
    ON CONFLICT (source, hour) DO UPDATE SET
        accepted = intake_count.accepted + excluded.accepted,
        duplicate = intake_count.duplicate + excluded.duplicate,
        conflict = intake_count.conflict + excluded.conflict,
        quarantined = intake_count.quarantined + excluded.quarantined
    """
_INSERT_TALLY = {
    "sqlite": _TALLY.format(marks="?, ?, ?, ?, ?, ?"),
    "postgresql": _TALLY.format(marks="%s, %s, %s, %s, %s, %s"),
}
_POSITION = bindparam("position", type_=BigInteger)


def _blocks_from_position() -> Select[Any]:
    """The blocks that hold a bound position or a later one, in order."""
    holds = select(func.max(_BLOCKS.c.first_position)).where(_BLOCKS.c.first_position <= _POSITION)
    first = func.coalesce(holds.scalar_subquery(), 0)
    is_later = _BLOCKS.c.first_position + _BLOCKS.c.event_count > _POSITION
    return select(_BLOCKS).where(_BLOCKS.c.first_position >= first, is_later).order_by(_BLOCKS.c.first_position)


# Built once: putting a statement together takes longer than running it.
_BLOCKS_FROM = _blocks_from_position()
_BLOCK_AT = (
    select(_BLOCKS).where(_BLOCKS.c.first_position <= _POSITION).order_by(_BLOCKS.c.first_position.desc()).limit(1)
)
_CORRECTIONS_BETWEEN = (
    select(_CORRECTIONS)
    .where(
        _CORRECTIONS.c.position > bindparam("after", type_=BigInteger),
        _CORRECTIONS.c.position <= bindparam("up_to", type_=BigInteger),
    )
    .order_by(_CORRECTIONS.c.position)
)
_WAITING_IDENTITY = update(_IDENTITIES).where(
    _IDENTITIES.c.source_id == bindparam("of_source", type_=BigInteger),
    _IDENTITIES.c.id == bindparam("event_id", type_=_IDENTITIES.c.id.type),
    _IDENTITIES.c.position.is_(None),
)
_WAITING_EVENT = update(_QUARANTINE).where(_QUARANTINE.c.id == bindparam("waiting_id", type_=_QUARANTINE.c.id.type))


class SqlEventLog:
    """See `EventLog`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def head(self) -> int:
        """See `EventLog.head`."""
        return self._read_head(_READ_HEAD)

    def lock_head(self) -> int:
        """See `EventLog.lock_head`."""
        # On SQLite a writing transaction is alone from its beginning.
        return self._read_head(_READ_HEAD if self._dialect == "sqlite" else f"{_READ_HEAD} FOR UPDATE")

    def find(self, source: str, ids: Sequence[str]) -> dict[str, int | None]:
        """See `EventLog.find`."""
        found = self._connection.exec_driver_sql(_FIND[self._dialect], (self._list(ids), source))
        return dict(_POSITIONS.decode(found.scalar_one()))

    def append(self, blocks: Sequence[EventBlock], runs: Sequence[IdentityRun], head: int) -> None:
        """See `EventLog.append`."""
        for run in sorted(runs, key=lambda run: run.source):
            source_id = self._new_source_id(run.source)
            self._connection.exec_driver_sql(
                _INSERT_IDENTITIES[self._dialect], (source_id, run.first_position, self._list(run.ids))
            )
        if blocks:
            insert_rows(self._connection, "event_block", _BLOCK_COLUMNS, [_block_values(block) for block in blocks])
        self._connection.exec_driver_sql(_MOVE_HEAD[self._dialect], (head,))

    def quarantine(self, events: Sequence[QuarantinedEvent]) -> None:
        """See `EventLog.quarantine`."""
        for event in events:
            identity = {"source_id": self._new_source_id(event.source), "id": event.event_id, "position": None}
            self._connection.execute(insert(_IDENTITIES), identity)
        self._connection.execute(insert(_QUARANTINE), [_quarantine_values(event) for event in events])

    def release(self, event: QuarantinedEvent, position: int, at: datetime) -> None:
        """See `EventLog.release`."""
        identity = {"of_source": self._source_id(event.source), "event_id": event.event_id}
        moved = self._connection.execute(_WAITING_IDENTITY, {**identity, "position": position})
        assert moved.rowcount == 1, f"{event.id} is no longer in quarantine"
        self._connection.execute(_WAITING_EVENT, {"waiting_id": event.id, "released_at": at, "position": position})

    def count_intake(self, counts: Sequence[IntakeCount]) -> None:
        """See `EventLog.count_intake`."""
        ordered = sorted(counts, key=lambda count: (count.source, count.hour))
        values = [(c.source, microseconds(c.hour), c.accepted, c.duplicate, c.conflict, c.quarantined) for c in ordered]
        self._connection.exec_driver_sql(_INSERT_TALLY[self._dialect], values)

    def add_correction(self, correction: EventCorrection) -> None:
        """See `EventLog.add_correction`."""
        self._connection.execute(insert(_CORRECTIONS), asdict(correction))

    def correction_of(self, position: int) -> EventCorrection | None:
        """See `EventLog.correction_of`."""
        row = self._connection.execute(select(_CORRECTIONS).where(_CORRECTIONS.c.corrects == position)).first()
        return None if row is None else _correction(row)

    def corrections(self, after: int, up_to: int, customers: Sequence[str] | None = None) -> list[EventCorrection]:
        """See `EventLog.corrections`."""
        query = _CORRECTIONS_BETWEEN
        if customers is not None:
            query = query.where(one_of(self._connection, _CORRECTIONS.c.customer, customers))
        return [_correction(row) for row in self._connection.execute(query, {"after": after, "up_to": up_to})]

    def block_at(self, position: int) -> EventBlock:
        """See `EventLog.block_at`."""
        return _block(self._connection.execute(_BLOCK_AT, {"position": position}).one())

    def blocks_at(self, positions: Sequence[int]) -> Iterator[EventBlock]:
        """See `EventLog.blocks_at`."""
        asked = each_of(self._connection, positions)
        earlier = _BLOCKS.alias()
        first = select(func.max(earlier.c.first_position)).where(earlier.c.first_position <= asked.c.value)
        firsts = select(first.correlate(asked).scalar_subquery()).select_from(asked)
        query = select(_BLOCKS).where(_BLOCKS.c.first_position.in_(firsts))
        return self._stream(query.order_by(_BLOCKS.c.first_position))

    def blocks(
        self, after: int, up_to: int, occurred_from: datetime | None = None, occurred_before: datetime | None = None
    ) -> Iterator[EventBlock]:
        """See `EventLog.blocks`."""
        query = _BLOCKS_FROM.where(_BLOCKS.c.first_position <= up_to)
        if occurred_from is not None:
            query = query.where(_BLOCKS.c.occurred_max >= occurred_from)
        if occurred_before is not None:
            query = query.where(_BLOCKS.c.occurred_min < occurred_before)
        return self._stream(query, position=after + 1)

    def next_blocks(self, after: int, events_max: int) -> list[EventBlock]:
        """See `EventLog.next_blocks`."""
        found: list[EventBlock] = []
        count = 0
        for block in self._stream(_BLOCKS_FROM, position=after + 1):
            found.append(block)
            count += block.count
            if count >= events_max:
                break
        return found

    def quarantined(self, after: str | None, limit: int, open_only: bool = True) -> list[QuarantinedEvent]:
        """See `EventLog.quarantined`."""
        query = select(_QUARANTINE).where(_QUARANTINE.c.id > (after or "")).order_by(_QUARANTINE.c.id).limit(limit)
        if open_only:
            query = query.where(_QUARANTINE.c.released_at.is_(None))
        return [_quarantined(row) for row in self._connection.execute(query)]

    def quarantined_by_id(self, ids: Sequence[str]) -> list[QuarantinedEvent]:
        """See `EventLog.quarantined_by_id`."""
        query = select(_QUARANTINE).where(one_of(self._connection, _QUARANTINE.c.id, ids)).order_by(_QUARANTINE.c.id)
        return [_quarantined(row) for row in self._connection.execute(query)]

    def quarantined_count(self) -> int:
        """See `EventLog.quarantined_count`."""
        query = select(func.count()).select_from(_QUARANTINE).where(_QUARANTINE.c.released_at.is_(None))
        return self._connection.execute(query).scalar_one()

    def intake(self) -> IntakeCount:
        """See `EventLog.intake`."""
        columns = (_INTAKE.c.accepted, _INTAKE.c.duplicate, _INTAKE.c.conflict, _INTAKE.c.quarantined)
        sums = self._connection.execute(select(*(func.coalesce(func.sum(column), 0) for column in columns))).one()
        first_hour = self._connection.execute(select(func.min(_INTAKE.c.hour))).scalar_one()
        return IntakeCount("", first_hour or EPOCH, *(int(value) for value in sums))

    def _read_head(self, statement: str) -> int:
        return int(self._connection.exec_driver_sql(statement).scalar_one())

    def _source_id(self, source: str) -> int | None:
        return self._connection.exec_driver_sql(_FIND_SOURCE[self._dialect], (source,)).scalar_one_or_none()

    def _new_source_id(self, source: str) -> int:
        known = self._source_id(source)
        if known is not None:
            return known
        self._connection.exec_driver_sql(_INSERT_SOURCE[self._dialect], (source,))
        created = self._source_id(source)
        assert created is not None
        return created

    def _stream(self, query: Select[Any], **bound: object) -> Iterator[EventBlock]:
        """The blocks that a query finds; its cursor is closed also where a reader stops early."""
        # For this statement alone: set on the connection, PostgreSQL would read its inserts with a cursor too.
        with self._connection.execute(query, bound, execution_options={"yield_per": _fetch_blocks}) as rows:
            for row in rows:
                yield _block(row)

    def _list(self, values: Sequence[str]) -> Any:
        """Many texts as one bound value."""
        return msgspec.json.encode(values).decode() if self._dialect == "sqlite" else list(values)


def _block_values(block: EventBlock) -> tuple[object, ...]:
    return (
        block.first_position,
        block.count,
        microseconds(block.recorded_at),
        block.format,
        ",".join(map(str, block.skipped)),
        microseconds(block.occurred_min),
        microseconds(block.occurred_max),
        block.body,
    )


def _correction(row: Row[Any]) -> EventCorrection:
    return EventCorrection(**{**row._asdict(), "kind": CorrectionKind(row.kind)})


def _block(row: Row[Any]) -> EventBlock:
    return EventBlock(
        first_position=row.first_position,
        count=row.event_count,
        recorded_at=row.recorded_at,
        format=row.format,
        body=row.body,
        skipped=tuple(map(int, row.skipped.split(","))) if row.skipped else (),
        occurred_min=row.occurred_min,
        occurred_max=row.occurred_max,
    )


def _quarantine_values(event: QuarantinedEvent) -> dict[str, object]:
    return {column.name: getattr(event, column.name) for column in _QUARANTINE.columns}


def _quarantined(row: Row[Any]) -> QuarantinedEvent:
    return QuarantinedEvent(**{**row._asdict(), "reason": QuarantineReason(row.reason)})
