"""A storage that ends its process where a test wants it to."""

from collections.abc import Callable
from typing import Any

from gateway.core.ports.storage import Priority, UnitOfWork
from gateway.storage.database import Database


class Mortal:
    """A storage whose process may end before and after every transaction, and within it, before it is durable."""

    def __init__(self, storage: Database, point: Callable[[str], None]) -> None:
        self._storage = storage
        self._point = point

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    def transact(self, work: Callable[[UnitOfWork], Any], priority: Priority = Priority.INTERACTIVE) -> Any:
        def and_then_die(unit: UnitOfWork) -> Any:
            result = work(unit)
            self._point("within a transaction")
            return result

        self._point("before a transaction")
        result = self._storage.transact(and_then_die, priority)
        self._point("after a transaction")
        return result
