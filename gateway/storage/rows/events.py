"""The tables of the event log."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, UniqueConstraint
from sqlmodel import Field

from gateway.storage.rows.base import CLUSTERED, STRICT, Row, column, key
from gateway.storage.types import Bytes, Int, UtcTime


class EventSourceRow(Row, table=True):
    """A sender, under a small number, which keeps the identities narrow."""

    __tablename__ = "event_source"
    __table_args__ = (UniqueConstraint("name"), STRICT)
    id: int = Field(sa_column=Column(Int, primary_key=True))
    name: str = column()


class EventIdentityRow(Row, table=True):
    """(source, id) of every event ever taken; no position while the event is in quarantine. Never expires."""

    __tablename__ = "event_identity"
    __table_args__ = (CLUSTERED,)
    source_id: int = key(kind=Int)
    id: str = key()
    position: int | None = column(Int, nullable=True)


class LogHeadRow(Row, table=True):
    """The position of the last event of a stream, advanced under its lock."""

    __tablename__ = "log_head"
    __table_args__ = (STRICT,)
    stream: int = key(kind=Int)
    position: int = column(Int)


class EventBlockRow(Row, table=True):
    """The events of one request, as sent."""

    __tablename__ = "event_block"
    __table_args__ = (CheckConstraint("event_count > 0", name="holds_events"), STRICT)
    first_position: int = key(kind=Int)
    event_count: int = column(Int)
    recorded_at: datetime = column(UtcTime)
    format: str = column()
    skipped: str = column()
    occurred_min: datetime = column(UtcTime)
    occurred_max: datetime = column(UtcTime)
    body: bytes = column(Bytes)


class EventCorrectionRow(Row, table=True):
    """The entry at `position` voids or replaces the event at `corrects`."""

    __tablename__ = "event_correction"
    __table_args__ = (
        UniqueConstraint("corrects"),
        CheckConstraint("corrects < position", name="corrects_what_came_before"),
        STRICT,
    )
    position: int = key(kind=Int)
    corrects: int = column(Int)
    customer: str = column()
    kind: str = column()
    reason: str = column()
    actor: str = column()
    recorded_at: datetime = column(UtcTime)


class QuarantinedEventRow(Row, table=True):
    """An event that cannot be taken yet."""

    __tablename__ = "quarantined_event"
    __table_args__ = (UniqueConstraint("source", "event_id"), STRICT)
    id: str = key()
    source: str = column()
    event_id: str = column()
    customer: str = column()
    type: str = column()
    occurred_at: datetime = column(UtcTime)
    reason: str = column()
    format: str = column()
    body: bytes = column(Bytes)
    quarantined_at: datetime = column(UtcTime)
    released_at: datetime | None = column(UtcTime, nullable=True)
    position: int | None = column(Int, nullable=True)


class IntakeCountRow(Row, table=True):
    """How many events of a source ended how in an hour."""

    __tablename__ = "intake_count"
    __table_args__ = (CLUSTERED,)
    source: str = key()
    hour: datetime = key(kind=UtcTime)
    accepted: int = column(Int)
    duplicate: int = column(Int)
    conflict: int = column(Int)
    quarantined: int = column(Int)
