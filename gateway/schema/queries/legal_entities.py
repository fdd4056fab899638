"""Queries for legal entities."""

import strawberry

from gateway.core.access import Scope
from gateway.schema.context import Info, asked_by_company
from gateway.schema.types.legal_entity import LegalEntity


@strawberry.type
class LegalEntityQueries:
    """Who issues invoices and keeps books."""

    @strawberry.field
    async def legal_entities(self, info: Info) -> list[LegalEntity]:
        """All legal entities, by key, as they are now; not for customer tokens."""
        found = await asked_by_company(info, Scope.READ).read(lambda unit: unit.legal_entities.newest())
        return [LegalEntity.from_core(entity) for _, entity in sorted(found.items())]
