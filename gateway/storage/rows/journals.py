"""The tables of journals that accounting systems are sent."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint

from gateway.storage.rows.base import CLUSTERED, STRICT, Row, column, key
from gateway.storage.types import Int, UtcTime


class JournalRow(Row, table=True):
    """What one connection is sent of a month in one currency; only `reversed_by` ever changes."""

    __tablename__ = "journal"
    __table_args__ = (
        UniqueConstraint("connection", "number"),
        Index(None, "legal_entity", "month", "connection", "currency"),
        STRICT,
    )
    id: str = key()
    connection: str = column()
    legal_entity: str = column()
    month: str = column()
    currency: str = column()
    revision: int = column(Int)
    number: str = column()
    accounting_day: str = column()
    made_at: datetime = column(UtcTime)
    reverses: str | None = column(nullable=True)
    reversed_by: str | None = column(nullable=True)


class JournalLineRow(Row, table=True):
    """What a journal moves on one account there."""

    __tablename__ = "journal_line"
    __table_args__ = (CLUSTERED,)
    journal_id: str = key(ForeignKey("journal.id"))
    ordinal: int = key(kind=Int)
    account: str = column()
    customer: str = column()
    classification: str = column()
    amount_minor: int = column(Int)


class JournalPartRow(Row, table=True):
    """What a journal moves on one of our accounts, and by which of its lines it is sent; without one it is not."""

    __tablename__ = "journal_part"
    __table_args__ = (CLUSTERED,)
    journal_id: str = key(ForeignKey("journal.id"))
    account: str = key()
    amount_minor: int = column(Int)
    line: int | None = column(Int, nullable=True)


class JournalSourceRow(Row, table=True):
    """An entry that a journal sums."""

    __tablename__ = "journal_source"
    __table_args__ = (Index(None, "entry_key"), CLUSTERED)
    journal_id: str = key(ForeignKey("journal.id"))
    entry_key: str = key(ForeignKey("journal_entry.key"))


class JournalComparisonRow(Row, table=True):
    """What was asked to be compared of a month at a connection, and what was last found."""

    __tablename__ = "journal_comparison"
    __table_args__ = (CLUSTERED,)
    connection: str = key()
    legal_entity: str = key()
    month: str = key()
    requested_at: datetime = column(UtcTime)
    compared_at: datetime | None = column(UtcTime, nullable=True)
    compared: int = column(Int)
    differences: str = column()
    fault: str | None = column(nullable=True)
