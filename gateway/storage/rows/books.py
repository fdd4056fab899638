"""The tables of the ledger."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index

from gateway.storage.rows.base import CLUSTERED, STRICT, Row, column, key
from gateway.storage.types import Int, UtcTime


class JournalEntryRow(Row, table=True):
    """Transfers that belong together; append-only by trigger."""

    __tablename__ = "journal_entry"
    __table_args__ = (Index(None, "legal_entity", "accounting_day"), STRICT)
    key: str = key()
    accounting_day: str = column()
    effective_day: str = column(server_default="")
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


class AccountBalanceRow(Row, table=True):
    """What a month's transfers debit and credit an account with; each sum in two halves, which add up by themselves.

    A whole is `(high << 32) + low`: its sum may need more than the 64 bits that integers have.
    """

    __tablename__ = "account_balance"
    __table_args__ = (CLUSTERED,)
    legal_entity: str = key()
    month: str = key()
    account: str = key()
    currency: str = key()
    debit_high: int = column(Int)
    debit_low: int = column(Int)
    credit_high: int = column(Int)
    credit_low: int = column(Int)


class KindBalanceRow(Row, table=True):
    """The same of all accounts of a kind, so that a trial balance reads as many rows as there are kinds and months."""

    __tablename__ = "kind_balance"
    __table_args__ = (CLUSTERED,)
    legal_entity: str = key()
    month: str = key()
    kind: str = key()
    currency: str = key()
    debit_high: int = column(Int)
    debit_low: int = column(Int)
    credit_high: int = column(Int)
    credit_low: int = column(Int)


class ClosedBooksRow(Row, table=True):
    """Through which month the books of a legal entity are closed and locked: the row that every posting locks."""

    __tablename__ = "closed_books"
    __table_args__ = (CLUSTERED,)
    legal_entity: str = key()
    closed_through: str | None = column(nullable=True)
    locked_through: str | None = column(nullable=True)


class AccountingPeriodChangeRow(Row, table=True):
    """A month that was closed, locked or opened again; append-only by trigger."""

    __tablename__ = "accounting_period_change"
    __table_args__ = (STRICT,)
    legal_entity: str = key()
    ordinal: int = key(kind=Int)
    month: str = column()
    before: str = column()
    after: str = column()
    actor: str = column()
    reason: str | None = column(nullable=True)
    at: datetime = column(UtcTime)
    passed_over: str = column()
