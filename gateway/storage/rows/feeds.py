"""The tables of feeds: what was committed, numbered without gaps."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint

from gateway.storage.rows.base import CLUSTERED, STRICT, Row, column, key
from gateway.storage.types import Int, UtcTime, Words


class FeedHeadRow(Row, table=True):
    """The last number of a feed, advanced under its lock at the end of each transaction that adds to it."""

    __tablename__ = "feed_head"
    __table_args__ = (CLUSTERED,)
    feed: str = key()
    position: int = column(Int)


class NumberedEntryRow(Row, table=True):
    """The place of a journal entry in the order of commits; append-only by trigger."""

    __tablename__ = "numbered_entry"
    __table_args__ = (UniqueConstraint("entry_key"), STRICT)
    position: int = key(kind=Int)
    entry_key: str = column(Words, ForeignKey("journal_entry.key"))


class InvoiceChangeRow(Row, table=True):
    """What happened to a final invoice; append-only by trigger."""

    __tablename__ = "invoice_change"
    __table_args__ = (STRICT,)
    position: int = key(kind=Int)
    invoice_id: str = column(Words, ForeignKey("invoice.id"))
    kind: str = column()
    changed_at: datetime | None = column(UtcTime, nullable=True)
    payment_status: str | None = column(nullable=True)
    paid_by: str | None = column(nullable=True)
    credit_note_id: str | None = column(nullable=True)
