"""Parts of statements that the two databases write differently."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BinaryExpression,
    Boolean,
    ColumnElement,
    Connection,
    Table,
    TableValuedAlias,
    Text,
    any_,
    bindparam,
    column,
    func,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.operators import in_op, not_in_op
from sqlalchemy.sql.visitors import InternalTraversal

from gateway.storage.types import storable

rows_per_statement_max = 200
_TEXT = Text()
_BOOLEAN = Boolean()
_INSERT: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def upsert(connection: Connection, table: Table) -> Any:
    """An INSERT into `table` that takes an ON CONFLICT."""
    return _INSERT[connection.dialect.name](table)


def insert_unless_taken(connection: Connection, table: Table, values: Mapping[str, object]) -> bool:
    """Insert one row; False if a unique constraint has it already. Waits for a transaction that is inserting it."""
    statement = upsert(connection, table).on_conflict_do_nothing().values(values)
    return connection.execute(statement.returning(*table.primary_key.columns)).first() is not None


class _Texts(ColumnElement[Any]):
    """Texts to look among, on SQLite. An element of our own takes a fifth of the time of what is built from parts."""

    inherit_cache = True
    _traverse_internals = [("sent", InternalTraversal.dp_clauseelement)]

    def __init__(self, sent: str) -> None:
        self.sent = bindparam("asked", sent, _TEXT, unique=True)


@compiles(_Texts)
def _compile_texts(element: _Texts, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(element.sent, **options)}))"  # noqa: S608 - a bound value


def one_of(connection: Connection, place: ColumnElement[Any], texts: Iterable[str]) -> ColumnElement[bool]:
    """Whether `place` is one of `texts`, as one bound value: their number has no limit and the statement one form."""
    asked = [storable(each) for each in texts]
    if connection.dialect.name == "postgresql":
        return place == any_(bindparam(None, asked, type_=ARRAY(Text)))
    return BinaryExpression(place, _Texts(json.dumps(asked)), in_op, type_=_BOOLEAN, negate=not_in_op)


def each_of(connection: Connection, numbers: Iterable[int]) -> TableValuedAlias:
    """The numbers as rows with a `value`, sent as one bound value."""
    value = column("value", BigInteger)
    if connection.dialect.name == "postgresql":
        return func.unnest(bindparam(None, list(numbers), type_=ARRAY(BigInteger))).table_valued(value).render_derived()
    return func.json_each(json.dumps(list(numbers))).table_valued(value)


def insert_rows(
    connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]], on_conflict: str = ""
) -> None:
    """Insert rows of values as the driver takes them, many to a statement.

    Row by row, SQLite would give up the interpreter lock for each of them (see `event_log`), and as JSON it takes
    more than twice as long.
    """
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    place = f"({', '.join([mark] * len(columns))})"
    into = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "  # noqa: S608 - names of our own
    for start in range(0, len(rows), rows_per_statement_max):
        some = rows[start : start + rows_per_statement_max]
        values = tuple(chain.from_iterable(some))
        connection.exec_driver_sql(into + ", ".join([place] * len(some)) + on_conflict, values)
