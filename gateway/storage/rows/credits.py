"""The tables of wallets, their grants, and what moved."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint

from gateway.storage.rows.base import STRICT, Row, column, key
from gateway.storage.types import ExactDecimal, Int, UtcTime, Words


class WalletRow(Row, table=True):
    """A customer's grants in one currency, and how far they have been brought."""

    __tablename__ = "wallet"
    __table_args__ = (UniqueConstraint("customer", "key"), Index(None, "next_due_at"), STRICT)
    id: str = key()
    customer: str = column(Words, ForeignKey("customer.key"))
    key: str = column()
    currency: str = column()
    name: str = column()
    line_kinds: str = column()
    meters: str = column()
    overage_by_cause: str = column()
    priority: int = column(Int)
    overage_max: int = column(Int)
    movements: int = column(Int)
    rate: Decimal = column(ExactDecimal)
    resets: str | None = column(nullable=True)
    created_at: datetime = column(UtcTime)
    settled_at: datetime = column(UtcTime)
    next_due_at: datetime | None = column(UtcTime, nullable=True)


class CreditGrantRow(Row, table=True):
    """A grant; without a balance until it has begun, and spent once it can give nothing any more by itself."""

    __tablename__ = "credit_grant"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="grants_something"),
        CheckConstraint("balance_minor >= 0", name="never_overdrawn"),
        Index(None, "wallet_id", "id"),
        Index(None, "wallet_id", "is_spent"),
        STRICT,
    )
    id: str = key()
    wallet_id: str = column(Words, ForeignKey("wallet.id"))
    amount_minor: int = column(Int)
    paid_minor: int | None = column(Int, nullable=True)
    priority: int = column(Int)
    balance_minor: int | None = column(Int, nullable=True)
    category: str = column()
    reason: str = column()
    effective_at: datetime = column(UtcTime)
    created_at: datetime = column(UtcTime)
    expires_at: datetime | None = column(UtcTime, nullable=True)
    voided_at: datetime | None = column(UtcTime, nullable=True)
    revoked_at: datetime | None = column(UtcTime, nullable=True)
    refills: str | None = column(nullable=True)
    roll_over: str | None = column(nullable=True)
    is_spent: int = column(Int, server_default="0")


class CreditMovementRow(Row, table=True):
    """What moved in a wallet; append-only by trigger."""

    __tablename__ = "credit_movement"
    __table_args__ = (CheckConstraint("amount_minor > 0", name="moves_something"), Index(None, "cause"), STRICT)
    wallet_id: str = key(ForeignKey("wallet.id"))
    ordinal: int = key(kind=Int)
    moved_at: datetime = column(UtcTime)
    recorded_at: datetime = column(UtcTime)
    kind: str = column()
    amount_minor: int = column(Int)
    grant_id: str | None = column(nullable=True)
    cause: str | None = column(nullable=True)
