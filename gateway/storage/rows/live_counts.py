"""The tables of the live projection."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Column, Index, UniqueConstraint
from sqlmodel import Field

from gateway.storage.rows.base import CLUSTERED, STRICT, Row, column, key
from gateway.storage.types import Bytes, ExactDecimal, Int, UtcTime


class ProjectionRow(Row, table=True):
    """Up to which position live counts are current; `epoch` is another number after each time counts were forgotten.

    `revision` counts the changes of live counts.
    """

    __tablename__ = "projection"
    __table_args__ = (STRICT,)
    name: str = key()
    position: int = column(Int)
    epoch: int = column(Int)
    revision: int = column(Int, server_default="0")


class CountedSubscriptionRow(Row, table=True):
    """A subscription that live counts hold, and a fingerprint of the definitions they were counted by."""

    __tablename__ = "counted_subscription"
    __table_args__ = (STRICT,)
    subscription_id: str = key()
    fingerprint: str = column()


class LiveSeriesRow(Row, table=True):
    """A subscription's meter version and dimension values, under a small number."""

    __tablename__ = "live_series"
    __table_args__ = (UniqueConstraint("subscription_id", "meter", "version", "dimensions"), STRICT)
    id: int = Field(sa_column=Column(Int, primary_key=True))
    subscription_id: str = column()
    meter: str = column()
    version: int = column(Int)
    dimensions: str = column()


class LiveCountRow(Row, table=True):
    """The live count of one bucket of a series; `kept` is the JSON of what else it keeps, null for counts and sums.

    `revision` is the change of live counts that wrote it last.
    """

    __tablename__ = "live_count"
    __table_args__ = (CLUSTERED,)
    series_id: int = key(kind=Int)
    bucket: str = key()
    starts_at: datetime = key(kind=UtcTime)
    events: int = column(Int)
    total: Decimal = column(ExactDecimal)
    distinct_values: int = column(Int)
    kept: str | None = column(nullable=True)
    revision: int = column(Int, server_default="0")


class LiveForgottenRow(Row, table=True):
    """The last change of live counts that forgot those of a subscription."""

    __tablename__ = "live_forgotten"
    __table_args__ = (CLUSTERED,)
    subscription_id: str = key()
    revision: int = column(Int)


class LiveValueRow(Row, table=True):
    """How often a value (by its hash) occurred in a bucket of a unique count."""

    __tablename__ = "live_value"
    __table_args__ = (CLUSTERED,)
    series_id: int = key(kind=Int)
    bucket: str = key()
    starts_at: datetime = key(kind=UtcTime)
    value_hash: str = key()
    events: int = column(Int)


class UncountableEventRow(Row, table=True):
    """An event that a meter left out."""

    __tablename__ = "uncountable_event"
    __table_args__ = (CLUSTERED,)
    subscription_id: str = key()
    meter: str = key()
    position: int = key(kind=Int)
    version: int = column(Int)
    occurred_at: datetime = column(UtcTime)
    reason: str = column()


class UnattributedEventRow(Row, table=True):
    """An event that belongs to no subscription."""

    __tablename__ = "unattributed_event"
    __table_args__ = (Index(None, "customer", "position"), STRICT)
    position: int = key(kind=Int)
    customer: str = column()
    type: str = column()
    occurred_at: datetime = column(UtcTime)
    reason: str = column()


class CustomerPositionsRow(Row, table=True):
    """Where a customer's events of one chunk stand in the log: offsets from the first, four bytes each."""

    __tablename__ = "customer_positions"
    __table_args__ = (CLUSTERED,)
    customer: str = key()
    first_position: int = key(kind=Int)
    last_position: int = column(Int)
    event_count: int = column(Int)
    occurred_min: datetime = column(UtcTime)
    occurred_max: datetime = column(UtcTime)
    positions: bytes = column(Bytes)
