"""The tables of what providers hold of our documents, and of where that differs."""

from datetime import datetime

from sqlalchemy import Index, text

from gateway.storage.rows.base import STRICT, Row, column, key
from gateway.storage.types import Int, UtcTime

_OPEN = text("state = 'open'")


class HeldDocumentRow(Row, table=True):
    """What a provider holds of a document of ours, as it was seen last, and what was agreed on delivery."""

    __tablename__ = "held_document"
    __table_args__ = (Index(None, "connection", "delivered_at", "our_id"), Index(None, "our_id"), STRICT)
    connection: str = key()
    kind: str = key()
    our_id: str = key()
    ref: str = column()
    status: str = column()
    status_there: str = column()
    currency: str = column()
    total_minor: int = column(Int)
    tax_minor: int | None = column(Int, nullable=True)
    agreed_total_minor: int = column(Int)
    agreed_tax_minor: int | None = column(Int, nullable=True)
    delivered_at: datetime = column(UtcTime)
    seen_at: datetime = column(UtcTime)
    number: str | None = column(nullable=True)
    pay_url: str | None = column(nullable=True)


class ProviderDifferenceRow(Row, table=True):
    """A difference between a document of ours and what a provider holds; one open one of each kind per document."""

    __tablename__ = "provider_difference"
    __table_args__ = (
        Index(
            "uq_provider_difference_open", "connection", "document_kind", "subject", "kind",
            unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN,
        ),
        Index(None, "connection", "document_kind", "subject"),
        Index(None, "invoice_id", "state"),
        Index(None, "state", "id"),
        STRICT,
    )  # fmt: skip
    id: str = key()
    connection: str = column()
    document_kind: str = column()
    subject: str = column()
    document_id: str = column()
    invoice_id: str = column()
    ref: str = column()
    kind: str = column()
    ours: str = column()
    theirs: str = column()
    found_at: datetime = column(UtcTime)
    seen_at: datetime = column(UtcTime)
    state: str = column()
    closed_at: datetime | None = column(UtcTime, nullable=True)
    actor: str | None = column(nullable=True)
    note: str | None = column(nullable=True)


class ProviderReconciliationRow(Row, table=True):
    """How a connection was compared last, and whether it is to be compared again."""

    __tablename__ = "provider_reconciliation"
    __table_args__ = (STRICT,)
    connection: str = key()
    requested_at: datetime | None = column(UtcTime, nullable=True)
    requested_since: datetime | None = column(UtcTime, nullable=True)
    began_at: datetime | None = column(UtcTime, nullable=True)
    ended_at: datetime | None = column(UtcTime, nullable=True)
    compared: int = column(Int)
    found: int = column(Int)
    not_ours: int = column(Int)
    failure: str | None = column(nullable=True)
