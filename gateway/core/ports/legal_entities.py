"""What the services ask of the storage of legal entities."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from gateway.core.legal_entity import LegalEntity

EntityVersion = tuple[str, int]
"""The key of a legal entity, and which version of it."""


class LegalEntities(Protocol):
    """Legal entities in all their versions."""

    def newest(self) -> dict[str, LegalEntity]:
        """The newest version of each, by key; the default one is always there."""
        ...

    def get(self, key: str) -> LegalEntity:
        """The newest version of one. Raises `NotFound`."""
        ...

    def by_versions(self, versions: Sequence[EntityVersion]) -> dict[EntityVersion, LegalEntity]:
        """Those of `versions` that exist."""
        ...

    def of_customer(self, customer: str) -> LegalEntity:
        """The newest version of the one that a customer belongs to. Raises `NotFound`."""
        ...

    def add(self, entity: LegalEntity, recorded_at: datetime) -> None:
        """Store a version."""
        ...

    def series_owners(self) -> list[tuple[str, str]]:
        """Every series that a number was taken of, and the key of the entity that it belongs to for ever."""
        ...
