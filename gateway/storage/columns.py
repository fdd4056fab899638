"""Short words for the columns of migrations."""

from typing import Any

import sqlalchemy as sa

from gateway.storage.types import Int, UtcTime, Words


def key(name: str, kind: Any = Words, *extra: Any) -> sa.Column[Any]:
    """A column of the primary key."""
    return sa.Column(name, kind, *extra, primary_key=True, nullable=False, autoincrement=False)


def column(name: str, kind: Any = Words, *extra: Any, nullable: bool = False) -> sa.Column[Any]:
    """An ordinary column."""
    return sa.Column(name, kind, *extra, nullable=nullable)


def texts(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    """Columns of text."""
    return [column(name, nullable=nullable) for name in names]


def ints(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    """Columns of whole numbers."""
    return [column(name, Int, nullable=nullable) for name in names]


def times(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    """Columns of instants."""
    return [column(name, UtcTime, nullable=nullable) for name in names]
