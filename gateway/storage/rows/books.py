"""The tables of the ledger."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index

from gateway.storage.rows.base import STRICT, Row, column, key
from gateway.storage.types import Int, UtcTime


class JournalEntryRow(Row, table=True):
    """Transfers that belong together; append-only by trigger."""

    __tablename__ = "journal_entry"
    __table_args__ = (STRICT,)
    key: str = key()
    accounting_day: str = column()
    posted_at: datetime = column(UtcTime)
    legal_entity: str = column(server_default="default")


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
