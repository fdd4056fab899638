"""What all tables share: their base, the naming of constraints, and short words for columns."""

from typing import Any, ClassVar

from sqlalchemy import Column, MetaData, Table
from sqlmodel import Field, SQLModel

from gateway.storage.types import Words

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
STRICT = {"sqlite_strict": True}
CLUSTERED = {"sqlite_strict": True, "sqlite_with_rowid": False}
metadata = MetaData(naming_convention=NAMING)


class Row(SQLModel):
    """Base of all rows; the naming convention has to be set before the first table."""

    metadata: ClassVar[MetaData] = metadata


def key(*extra: Any, kind: Any = Words) -> Any:
    """A column of the primary key."""
    return Field(sa_column=Column(kind, *extra, primary_key=True, nullable=False, autoincrement=False))


def column(kind: Any = Words, *extra: Any, nullable: bool = False, **options: Any) -> Any:
    """An ordinary column."""
    return Field(sa_column=Column(kind, *extra, nullable=nullable, **options))


def table_of(row: type[Row]) -> Table:
    """The table that a row class describes."""
    return metadata.tables[str(row.__tablename__)]
