"""What a unit of work sends to the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from gateway.core.ports.storage import UnitOfWork
from gateway.storage.database import Database
from gateway.storage.unit_of_work import SqlUnitOfWork


@contextmanager
def listening(unit: UnitOfWork) -> Iterator[list[str]]:
    """The statements sent within the block."""
    assert isinstance(unit, SqlUnitOfWork)
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    event.listen(unit.connection, "before_cursor_execute", note)
    yield sent
    event.remove(unit.connection, "before_cursor_execute", note)


def statements_of(database: Database, work: Callable[[UnitOfWork], object]) -> int:
    """How many statements `work` takes."""

    def counted(unit: UnitOfWork) -> int:
        with listening(unit) as sent:
            work(unit)
        return len(sent)

    return database.read(counted)


def execute(database: Database, statement: str) -> None:
    """Run a statement of our own making in a transaction."""

    def run(unit: UnitOfWork) -> None:
        assert isinstance(unit, SqlUnitOfWork)
        unit.connection.exec_driver_sql(statement)

    database.transact(run)


def rows(database: Database, statement: str) -> list[tuple[Any, ...]]:
    """What a query of our own making finds."""

    def run(unit: UnitOfWork) -> list[tuple[Any, ...]]:
        assert isinstance(unit, SqlUnitOfWork)
        return [tuple(row) for row in unit.connection.exec_driver_sql(statement)]

    return database.read(run)
