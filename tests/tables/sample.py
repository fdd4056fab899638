"""A table with a column of every type, and rows at their limits."""

from datetime import UTC, date, datetime
from decimal import Decimal

from gateway.tables.schema import Column, ColumnType, TableSchema

SCHEMA = TableSchema(
    "sample",
    3,
    (
        Column("word", ColumnType.TEXT, "A word."),
        Column("count", ColumnType.INTEGER, "A whole number."),
        Column("amount", ColumnType.DECIMAL, "An exact number.", places=12),
        Column("at", ColumnType.TIME, "An instant."),
        Column("day", ColumnType.DATE, "A day."),
        Column("is_final", ColumnType.BOOLEAN, "A claim."),
    ),
)
LONGEST = Decimal("12345678901234567890123456.123456789012")
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
LAST = datetime(8999, 12, 31, 23, 59, 59, 999999, UTC)
ROWS = [
    ('a "quoted", word\nof two lines', 2**63 - 1, LONGEST, NOON, date(2026, 1, 31), True),
    ("é😀", -(2**63), Decimal("-0.000000000001"), LAST, date(1970, 1, 1), False),
    (None, None, None, None, None, None),
    ("=1+1", 0, Decimal("1E+3"), datetime(1970, 1, 1, tzinfo=UTC), date(2000, 2, 29), True),
]
