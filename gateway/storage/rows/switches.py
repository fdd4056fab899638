"""The tables of switches to other connections."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index

from gateway.storage.rows.base import STRICT, Row, column, key
from gateway.storage.types import Int, UtcTime, Words


class ProviderSwitchRow(Row, table=True):
    """That customers were to go to another connection."""

    __tablename__ = "provider_switch"
    __table_args__ = (Index(None, "begun_at", "id"), STRICT)
    id: str = key()
    target: str = column()
    actor: str = column()
    begun_at: datetime = column(UtcTime)


class CustomerMoveRow(Row, table=True):
    """One customer of a switch on its way; its delivery has it for its document."""

    __tablename__ = "customer_move"
    __table_args__ = (Index(None, "switch_id", "customer"), Index(None, "customer", "ended_at"), STRICT)
    id: str = key()
    switch_id: str = column(Words, ForeignKey("provider_switch.id"))
    customer: str = column()
    from_connection: str = column()
    to_connection: str = column()
    ended_at: datetime | None = column(UtcTime, nullable=True)
    is_moved: int = column(Int)


class CustomerLinkRow(Row, table=True):
    """That a customer is what a provider calls otherwise; its delivery looks that up."""

    __tablename__ = "customer_link"
    __table_args__ = (STRICT,)
    id: str = key()
    customer: str = column()
    connection: str = column()
    ref: str = column()
    actor: str = column()
    asked_at: datetime = column(UtcTime)
