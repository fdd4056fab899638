"""Column types that keep every digit and every microsecond, the same on both databases."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, Numeric, Text, TypeDecorator
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.types import TypeEngine

from gateway.core.errors import InvalidValue
from gateway.core.numbers import plain
from gateway.core.time import from_microseconds, microseconds

integer_limit = 2**63


class Unstorable(InvalidValue, DontWrapMixin):
    """A value that one of the two databases could not store or look for, and so neither does."""


def storable(text: str) -> str:
    """`text`, unless it has a NUL character or half of a surrogate pair: raises `Unstorable` then."""
    if "\0" in text or not (text.isascii() or _is_encodable(text)):
        raise Unstorable(f"{text[:40]!r} has a character that no text may have; leave it out")
    return text


class Words(TypeDecorator[str]):
    """Text that both databases sort by its bytes, so that pages have one order."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else postgresql.TEXT(collation="C"))

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class Int(TypeDecorator[int]):
    """A 64-bit integer: STRICT tables of SQLite know only the name INTEGER for it."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())

    def process_bind_param(self, value: int | None, _dialect: Dialect) -> int | None:
        if value is not None and not -integer_limit <= value < integer_limit:
            raise Unstorable(f"{value} is too large to be stored; whole numbers go up to {integer_limit - 1}")
        return value


class UtcTime(TypeDecorator[datetime]):
    """An instant as whole microseconds since 1970: exact, sortable, and free of any driver's idea of zones."""

    impl = Int
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        return None if value is None else microseconds(value.astimezone(UTC))

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else from_microseconds(value)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal with all its digits: text on SQLite, whose numbers are floats, NUMERIC on PostgreSQL."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | Decimal | None:
        if value is None or dialect.name != "sqlite":
            return value
        return plain(value)

    def process_result_value(self, value: str | Decimal | None, _dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Bytes(TypeDecorator[bytes]):
    """Bytes as sent; drivers may hand back a view, callers get bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_result_value(self, value: Any, _dialect: Dialect) -> bytes | None:
        return None if value is None else bytes(value)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
