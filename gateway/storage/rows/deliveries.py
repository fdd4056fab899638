"""The tables of the outbox, and of what providers call our documents."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint

from gateway.storage.rows.base import STRICT, Row, column, key
from gateway.storage.types import Int, UtcTime


class DeliveryRow(Row, table=True):
    """The outbox: a document on its way to a connection."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("connection", "document_id"),
        CheckConstraint("status <> 'pending' OR due_at IS NOT NULL", name="pending_is_due"),
        Index(None, "connection", "status", "precedence", "due_at", "id"),
        Index(None, "document_id"),
        Index(None, "invoice_id", "ordinal"),
        STRICT,
    )
    id: str = key()
    connection: str = column()
    document_id: str = column()
    invoice_id: str = column(server_default="")
    ordinal: int = column(Int, server_default="0")
    precedence: int = column(Int, server_default="0")
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
    first_started_at: datetime = column(UtcTime)
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


class ConnectionBindingRow(Row, table=True):
    """The provider and the account that a connection's name stands for."""

    __tablename__ = "connection_binding"
    __table_args__ = (STRICT,)
    connection: str = key()
    provider: str = column()
    account: str = column()
    bound_at: datetime = column(UtcTime)


class ConnectionStateRow(Row, table=True):
    """Secrets of a connection that change by themselves, sealed; each replacement is the next version."""

    __tablename__ = "connection_state"
    __table_args__ = (STRICT,)
    connection: str = key()
    version: int = column(Int)
    sealed: str = column()


class ConnectionCircuitRow(Row, table=True):
    """How often a provider failed since it last answered, and until when it is left alone."""

    __tablename__ = "connection_circuit"
    __table_args__ = (STRICT,)
    connection: str = key()
    failures: int = column(Int)
    open_until: datetime | None = column(UtcTime, nullable=True)
    reason: str | None = column(nullable=True)


class ConnectionHoldRow(Row, table=True):
    """Why nothing is asked of a connection until a person has acted, and when that is looked at again."""

    __tablename__ = "connection_hold"
    __table_args__ = (STRICT,)
    connection: str = key()
    reason: str = column()
    remedy: str = column()
    held_at: datetime = column(UtcTime)
    probe_at: datetime = column(UtcTime)
    probes: int = column(Int)


class ConnectionPaceRow(Row, table=True):
    """When requests were allowed lately, as microseconds since 1970, oldest first and with blanks in between."""

    __tablename__ = "connection_pace"
    __table_args__ = (STRICT,)
    connection: str = key()
    turns: str = column()
