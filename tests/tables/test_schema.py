"""What a table may be."""

import pytest

from gateway.core.errors import InvalidValue
from gateway.tables.schema import Column, ColumnType, TableSchema
from tests.tables.sample import SCHEMA

NAME = Column("name", ColumnType.TEXT, "A name.")


@pytest.mark.parametrize("columns", [(), (NAME, NAME)])
def test_a_table_has_columns_each_with_a_name_of_its_own(columns: tuple[Column, ...]) -> None:
    with pytest.raises(InvalidValue, match="Table 'broken' needs columns"):
        TableSchema("broken", 1, columns)


@pytest.mark.parametrize(
    ("kind", "places"), [(ColumnType.DECIMAL, 38), (ColumnType.DECIMAL, -1), (ColumnType.INTEGER, 2)]
)
def test_only_a_decimal_has_places_and_no_more_than_fit(kind: ColumnType, places: int) -> None:
    with pytest.raises(InvalidValue, match=f"cannot have {places} places"):
        Column("amount", kind, "An amount.", places)


def test_a_type_is_named_in_a_word() -> None:
    assert [column.type_text for column in SCHEMA.columns] == [
        "text", "integer", "decimal(38, 12)", "time", "date", "boolean",
    ]  # fmt: skip
