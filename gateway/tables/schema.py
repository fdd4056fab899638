"""What a table is: named columns of exact types, with a version that changes when they do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from gateway.core.errors import InvalidValue

decimal_digits_max = 38
"""How many digits Parquet's 128-bit decimals have, before and after the point together."""

Cell = str | int | Decimal | datetime | date | bool | None
"""A value of a table; None is a missing one. Instants are aware and in UTC."""

TableRow = Sequence[Cell]


class ColumnType(StrEnum):
    """What a column holds; nothing of it ever passes through a float."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    TIME = "time"
    DATE = "date"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `places` are those after the point that a decimal has room for."""

    name: str
    type: ColumnType
    description: str
    places: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.places < decimal_digits_max or (self.places and self.type is not ColumnType.DECIMAL):
            raise InvalidValue(f"Column {self.name!r} of type {self.type} cannot have {self.places} places")

    @property
    def type_text(self) -> str:
        """The type in a word, such as `integer` or `decimal(38, 12)`."""
        is_decimal = self.type is ColumnType.DECIMAL
        return f"{self.type}({decimal_digits_max}, {self.places})" if is_decimal else str(self.type)


@dataclass(frozen=True, slots=True)
class TableSchema:
    """The columns of a table, in order. A reader that knows `version` knows all of them."""

    name: str
    version: int
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if not names or len(set(names)) < len(names):
            raise InvalidValue(f"Table {self.name!r} needs columns, each with a name of its own; it has {names}")
