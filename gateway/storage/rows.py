"""The tables. Rows are dumb: core values validate, and nothing outside of storage sees a row."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, MetaData, Table, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from gateway.storage.types import Bytes, ExactDecimal, Int, UtcTime, Words

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
STRICT = {"sqlite_strict": True}
CLUSTERED = {"sqlite_strict": True, "sqlite_with_rowid": False}
metadata = MetaData(naming_convention=NAMING)


class Row(SQLModel):
    """Base of all rows; the naming convention has to be set before the first table."""

    metadata: ClassVar[MetaData] = metadata


def key(*extra: Any, kind: Any = Words) -> Any:
    """A column of the primary key."""
    return Field(sa_column=Column(kind, *extra, primary_key=True, nullable=False, autoincrement=False))


def column(kind: Any = Words, *extra: Any, nullable: bool = False, **options: Any) -> Any:
    """An ordinary column."""
    return Field(sa_column=Column(kind, *extra, nullable=nullable, **options))


def table_of(row: type[Row]) -> Table:
    """The table that a row class describes."""
    return metadata.tables[str(row.__tablename__)]


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


class CustomerRow(Row, table=True):
    """A customer."""

    __tablename__ = "customer"
    __table_args__ = (UniqueConstraint("key"), STRICT)
    id: str = key()
    key: str = column()
    name: str = column()
    email: str | None = column(nullable=True)
    created_at: datetime = column(UtcTime)


class SubscriptionRow(Row, table=True):
    """A customer on a plan version."""

    __tablename__ = "subscription"
    __table_args__ = (UniqueConstraint("key"), Index(None, "customer"), STRICT)
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


class ProjectionRow(Row, table=True):
    """Up to which position live counts are current; `epoch` is another number after each time counts were forgotten."""

    __tablename__ = "projection"
    __table_args__ = (STRICT,)
    name: str = key()
    position: int = column(Int)
    epoch: int = column(Int)


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
    """The live count of one bucket of a series."""

    __tablename__ = "live_count"
    __table_args__ = (CLUSTERED,)
    series_id: int = key(kind=Int)
    bucket: str = key()
    starts_at: datetime = key(kind=UtcTime)
    events: int = column(Int)
    total: Decimal = column(ExactDecimal)
    distinct_values: int = column(Int)


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


_LIVE = text("status <> 'void'")


class InvoiceRow(Row, table=True):
    """An invoice; one live one per subscription, boundary, kind and sequence."""

    __tablename__ = "invoice"
    __table_args__ = (
        Index(
            "uq_invoice_live", "subscription_id", "boundary_at", "kind", "sequence",
            unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE,
        ),
        UniqueConstraint("number"),
        CheckConstraint(
            "status <> 'finalized' OR (number IS NOT NULL AND finalized_at IS NOT NULL)", name="finalized_is_numbered"
        ),
        Index(None, "customer", "issued_on", "id"),
        Index(None, "issued_on", "id"),
        Index(None, "status", "boundary_at"),
        STRICT,
    )  # fmt: skip
    id: str = key()
    subscription_id: str = column(Words, ForeignKey("subscription.id"))
    boundary_at: datetime = column(UtcTime)
    kind: str = column()
    sequence: int = column(Int)
    customer: str = column(Words, ForeignKey("customer.key"))
    plan: str = column()
    plan_version: int = column(Int)
    currency: str = column()
    issued_on: str = column()
    cut_off: int = column(Int)
    inputs_hash: str = column()
    engine_version: int = column(Int)
    total_minor: int = column(Int)
    status: str = column()
    payment_status: str = column()
    number: str | None = column(nullable=True)
    finalized_at: datetime | None = column(UtcTime, nullable=True)


class InvoiceLineRow(Row, table=True):
    """A line of an invoice."""

    __tablename__ = "invoice_line"
    __table_args__ = (STRICT,)
    invoice_id: str = key(ForeignKey("invoice.id"))
    ordinal: int = key(kind=Int)
    price: str = column()
    description: str = column()
    period_start: datetime = column(UtcTime)
    period_end: datetime = column(UtcTime)
    quantity: Decimal = column(ExactDecimal)
    amount_minor: int = column(Int)
    exact_amount: str = column()
    steps: str = column()
    timing: str = column()
    dimensions: str = column()
    meter: str | None = column(nullable=True)
    meter_version: int | None = column(Int, nullable=True)


class DiscrepancyRow(Row, table=True):
    """What holds an invoice."""

    __tablename__ = "discrepancy"
    __table_args__ = (STRICT,)
    invoice_id: str = key(ForeignKey("invoice.id"))
    ordinal: int = key(kind=Int)
    kind: str = column()
    meter: str = column()
    dimensions: str = column()
    expected: str = column()
    found: str = column()
    detail: str = column()


class ResolutionRow(Row, table=True):
    """Who let a held invoice go out, and why."""

    __tablename__ = "resolution"
    __table_args__ = (STRICT,)
    invoice_id: str = key(ForeignKey("invoice.id"))
    actor: str = column()
    reason: str = column()
    resolved_at: datetime = column(UtcTime)


class NumberSeriesRow(Row, table=True):
    """The last number taken of a series."""

    __tablename__ = "number_series"
    __table_args__ = (STRICT,)
    name: str = key()
    last_number: int = column(Int)


class JournalEntryRow(Row, table=True):
    """Transfers that belong together; append-only by trigger."""

    __tablename__ = "journal_entry"
    __table_args__ = (STRICT,)
    key: str = key()
    accounting_day: str = column()
    posted_at: datetime = column(UtcTime)


class TransferRow(Row, table=True):
    """One debit and one credit; append-only by trigger."""

    __tablename__ = "transfer"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="moves_something"),
        CheckConstraint("debit_account <> credit_account", name="between_two"),
        Index(None, "source"),
        Index(None, "debit_account"),
        Index(None, "credit_account"),
        STRICT,
    )
    entry_key: str = key(ForeignKey("journal_entry.key"))
    ordinal: int = key(kind=Int)
    debit_account: str = column()
    credit_account: str = column()
    amount_minor: int = column(Int)
    currency: str = column()
    source: str = column()


class DeliveryRow(Row, table=True):
    """The outbox: a document on its way to a connection."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("connection", "document_id"),
        CheckConstraint("status <> 'pending' OR due_at IS NOT NULL", name="pending_is_due"),
        Index(None, "connection", "status", "due_at"),
        Index(None, "document_id"),
        STRICT,
    )
    id: str = key()
    connection: str = column()
    document_id: str = column()
    status: str = column()
    attempts: int = column(Int)
    fence: int = column(Int)
    due_at: datetime | None = column(UtcTime, nullable=True)
    leased_until: datetime | None = column(UtcTime, nullable=True)
    reason: str | None = column(nullable=True)
    remedy: str | None = column(nullable=True)


class DeliveryStepRow(Row, table=True):
    """The journal of a delivery."""

    __tablename__ = "delivery_step"
    __table_args__ = (STRICT,)
    delivery_id: str = key(ForeignKey("delivery.id"))
    step: str = key()
    started_at: datetime = column(UtcTime)
    ref: str | None = column(nullable=True)
    revision: int = column(Int)


class ExternalRefRow(Row, table=True):
    """What a provider calls our document."""

    __tablename__ = "external_ref"
    __table_args__ = (UniqueConstraint("connection", "kind", "their_id"), STRICT)
    connection: str = key()
    kind: str = key()
    our_id: str = key()
    their_id: str = column()


class ConnectionRow(Row, table=True):
    """What we remember of a connection: up to when its changes have been applied."""

    __tablename__ = "connection"
    __table_args__ = (STRICT,)
    name: str = key()
    changes_seen_at: datetime = column(UtcTime)


class ApiKeyRow(Row, table=True):
    """An API key: its public prefix and the hash of its secret."""

    __tablename__ = "api_key"
    __table_args__ = (UniqueConstraint("prefix"), STRICT)
    id: str = key()
    name: str = column()
    prefix: str = column()
    secret_hash: str = column()
    scopes: str = column()
    created_at: datetime = column(UtcTime)
    expires_at: datetime | None = column(UtcTime, nullable=True)
    revoked_at: datetime | None = column(UtcTime, nullable=True)
    last_used_at: datetime | None = column(UtcTime, nullable=True)


class SecretRow(Row, table=True):
    """A secret of the installation, such as the one that signs customer tokens."""

    __tablename__ = "secret"
    __table_args__ = (STRICT,)
    name: str = key()
    value: str = column()


class RememberedRequestRow(Row, table=True):
    """The answer to an idempotency key, kept for ever."""

    __tablename__ = "remembered_request"
    __table_args__ = (STRICT,)
    key: str = key()
    request_hash: str = column()
    answer: str = column()
    remembered_at: datetime = column(UtcTime)
