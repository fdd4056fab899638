"""The tables of API keys, secrets and remembered requests."""

from datetime import datetime

from sqlalchemy import UniqueConstraint

from gateway.storage.rows.base import STRICT, Row, column, key
from gateway.storage.types import UtcTime


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
