"""The tables of what is earned."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index

from gateway.storage.rows.base import CLUSTERED, STRICT, Row, column, key
from gateway.storage.types import Int, UtcTime


class RecognitionRow(Row, table=True):
    """How far the books are with a document."""

    __tablename__ = "recognition"
    __table_args__ = (Index(None, "legal_entity", "due_on"), STRICT)
    document_id: str = key()
    legal_entity: str = column()
    due_on: str | None = column(nullable=True)
    entries: int = column(Int)


class InvoiceFactRow(Row, table=True):
    """What happened to the money for an invoice, as JSON; append-only by trigger."""

    __tablename__ = "invoice_fact"
    __table_args__ = (CLUSTERED,)
    invoice_id: str = key(ForeignKey("invoice.id"))
    ordinal: int = key(kind=Int)
    fact: str = column()
    recorded_at: datetime = column(UtcTime)


class DeliveredRow(Row, table=True):
    """What a line of an invoice had come to by the end of a month; append-only by trigger."""

    __tablename__ = "delivered"
    __table_args__ = (CLUSTERED,)
    invoice_id: str = key(ForeignKey("invoice.id"))
    line: int = key(kind=Int)
    day: str = key()
    amount_minor: int = column(Int)


class AccrualRow(Row, table=True):
    """Through which day the running periods of a legal entity's customers are accrued."""

    __tablename__ = "accrual"
    __table_args__ = (STRICT,)
    legal_entity: str = key()
    through: str = column()
