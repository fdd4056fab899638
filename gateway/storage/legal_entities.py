"""Legal entities, as `LegalEntities` asks for them."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from gateway.core.definitions.legal_entities import legal_entity_document, legal_entity_from
from gateway.core.errors import NotFound
from gateway.core.legal_entity import LegalEntity
from gateway.core.ports.legal_entities import EntityVersion
from gateway.storage.rows import ClosedBooksRow, CustomerRow, LegalEntityVersionRow, NumberSeriesRow, table_of
from gateway.storage.statements import insert_unless_taken, one_of

_ENTITIES = table_of(LegalEntityVersionRow)
_BOOKS = table_of(ClosedBooksRow)
_CUSTOMERS = table_of(CustomerRow)
_SERIES = table_of(NumberSeriesRow)
_DEFINITION = select(_ENTITIES.c.definition)
_NEWEST_LAST = (_ENTITIES.c.legal_entity, _ENTITIES.c.version)


class SqlLegalEntities:
    """See `LegalEntities`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest(self) -> dict[str, LegalEntity]:
        """See `LegalEntities.newest`."""
        return {entity.key: entity for entity in self._load(_DEFINITION.order_by(*_NEWEST_LAST))}

    def get(self, key: str) -> LegalEntity:
        """See `LegalEntities.get`."""
        found = self._load(_DEFINITION.where(_ENTITIES.c.legal_entity == key).order_by(_ENTITIES.c.version))
        if not found:
            raise NotFound(f"Legal entity {key!r} does not exist; define it first")
        return found[-1]

    def by_versions(self, versions: Sequence[EntityVersion]) -> dict[EntityVersion, LegalEntity]:
        """See `LegalEntities.by_versions`."""
        keys = sorted({key for key, _ in versions})
        found = self._load(_DEFINITION.where(one_of(self._connection, _ENTITIES.c.legal_entity, keys)))
        every = {(entity.key, entity.version): entity for entity in found}
        return {version: every[version] for version in versions if version in every}

    def of_customer(self, customer: str) -> LegalEntity:
        """See `LegalEntities.of_customer`."""
        query = select(_CUSTOMERS.c.legal_entity).where(_CUSTOMERS.c.key == customer)
        key = self._connection.execute(query).scalar()
        if key is None:
            raise NotFound(f"Customer {customer!r} does not exist")
        return self.get(key)

    def add(self, entity: LegalEntity, recorded_at: datetime) -> None:
        """See `LegalEntities.add`."""
        definition = json.dumps(legal_entity_document(entity))
        values = {"legal_entity": entity.key, "version": entity.version, "definition": definition}
        self._connection.execute(insert(_ENTITIES), {**values, "recorded_at": recorded_at})
        # Here and not with the first entry: whoever makes this row lets nobody else post until the transaction ends.
        insert_unless_taken(self._connection, _BOOKS, {"legal_entity": entity.key})

    def series_owners(self) -> list[tuple[str, str]]:
        """See `LegalEntities.series_owners`."""
        rows = self._connection.execute(select(_SERIES.c.name, _SERIES.c.legal_entity).order_by(_SERIES.c.name))
        return [(row.name, row.legal_entity) for row in rows]

    def _load(self, query: Select[Any]) -> list[LegalEntity]:
        return [legal_entity_from(json.loads(text)) for text in self._connection.execute(query).scalars()]
