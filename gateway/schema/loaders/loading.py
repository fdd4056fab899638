"""What all loaders share: one batch for all nodes of a request, and None for what the caller may not see."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from strawberry.dataloader import DataLoader

from gateway.core.access import Caller
from gateway.core.ports.storage import UnitOfWork
from gateway.schema.threads import hop
from gateway.services.installation import Installation
from gateway.services.project import Projector

K = TypeVar("K")
V = TypeVar("V")

Find = Callable[[UnitOfWork, Sequence[K]], Mapping[K, V]]
"""Finds the values of keys, those that exist."""


class Loading:
    """The loaders of an area for one request; each is made when it is first asked for."""

    def __init__(self, installation: Installation, projector: Projector, caller: Caller) -> None:
        self._installation = installation
        self._projector = projector
        self._caller = caller

    def _one(self, find: Find[K, V], is_shown: Callable[[V], bool]) -> DataLoader[K, V | None]:
        """One value for each key, if it is there and the caller may see it."""

        async def load(keys: list[K]) -> list[V | None]:
            found = await self._read(lambda unit: find(unit, keys))
            shown = {key: value for key, value in found.items() if is_shown(value)}
            return [shown.get(key) for key in keys]

        return DataLoader(load)

    def _of_company(self, find: Find[K, V]) -> DataLoader[K, V | None]:
        """The same for what no customer may see."""
        return self._one(find, lambda _: self._caller.customer is None)

    def _of_seen(self, find: Find[K, V]) -> DataLoader[K, V | None]:
        """The same for what belongs to a node that the caller sees."""
        return self._one(find, lambda _: True)

    def _many(self, find: Find[K, list[V]]) -> DataLoader[K, list[V]]:
        """All values of each key, for what belongs to a node that the caller sees."""

        async def load(keys: list[K]) -> list[list[V]]:
            found = await self._read(lambda unit: find(unit, keys))
            return [found.get(key, []) for key in keys]

        return DataLoader(load)

    async def _read(self, work: Callable[[UnitOfWork], V]) -> V:
        return await hop(lambda: self._installation.storage.read(work))

    def _seen(self, customers: Sequence[str]) -> list[str]:
        """Those of the customers that the caller sees."""
        return list(filter(self._caller.sees, customers))
