"""The tables of what is defined: meters, plans, customers, subscriptions."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint

from gateway.storage.rows.base import CLUSTERED, STRICT, Row, column, key
from gateway.storage.types import Int, UtcTime, Words


class InstallationRow(Row, table=True):
    """What there is one of: the version of all definitions."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"), STRICT)
    id: int = key(kind=Int)
    definitions_version: int = column(Int)


class EventTypeRow(Row, table=True):
    """A declared event type."""

    __tablename__ = "event_type"
    __table_args__ = (CLUSTERED,)
    name: str = key()


class MeterRow(Row, table=True):
    """A meter's name."""

    __tablename__ = "meter"
    __table_args__ = (STRICT,)
    key: str = key()
    name: str = column()


class MeterVersionRow(Row, table=True):
    """A version of a meter; `definition` is its canonical JSON."""

    __tablename__ = "meter_version"
    __table_args__ = (STRICT,)
    meter: str = key(ForeignKey("meter.key"))
    version: int = key(kind=Int)
    effective_from: datetime = column(UtcTime)
    definition: str = column()


class PlanVersionRow(Row, table=True):
    """A published plan version; `definition` is its canonical JSON."""

    __tablename__ = "plan_version"
    __table_args__ = (STRICT,)
    plan: str = key()
    version: int = key(kind=Int)
    name: str = column()
    published_at: datetime = column(UtcTime)
    definition: str = column()


class LegalEntityVersionRow(Row, table=True):
    """A version of a legal entity; `definition` is its canonical JSON; append-only by trigger."""

    __tablename__ = "legal_entity_version"
    __table_args__ = (STRICT,)
    legal_entity: str = key()
    version: int = key(kind=Int)
    definition: str = column()
    recorded_at: datetime = column(UtcTime)


class CustomerRow(Row, table=True):
    """A customer."""

    __tablename__ = "customer"
    __table_args__ = (UniqueConstraint("key"), STRICT)
    id: str = key()
    key: str = column()
    name: str = column()
    email: str | None = column(nullable=True)
    created_at: datetime = column(UtcTime)
    legal_entity: str = column(server_default="default")
    connection: str | None = column(nullable=True)
    address: str = column(server_default="[]")
    country: str | None = column(nullable=True)
    tax_ids: str = column(server_default="[]")
    payment_days: int | None = column(Int, nullable=True)


class SubscriptionRow(Row, table=True):
    """A phase of a subscription; the first one has its key, and the key of a later one is its own id."""

    __tablename__ = "subscription"
    __table_args__ = (UniqueConstraint("key"), Index(None, "customer"), Index(None, "phase_of"), STRICT)
    id: str = key()
    key: str = column()
    customer: str = column(Words, ForeignKey("customer.key"))
    plan: str = column()
    plan_version: int = column(Int)
    interval_unit: str = column()
    interval_count: int = column(Int)
    starts_at: datetime = column(UtcTime)
    ends_at: datetime | None = column(UtcTime, nullable=True)
    anchor: datetime = column(UtcTime)
    time_zone: str = column()
    status: str = column(server_default="active")
    phase_of: str | None = column(nullable=True)
    sequence: int = column(Int, server_default="0")
    keeps_fees: int = column(Int, server_default="0")
    recorded_at: datetime | None = column(UtcTime, nullable=True)
