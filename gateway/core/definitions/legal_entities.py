"""Legal entities as people write them, read from a table of a definition document, and written as one."""

from collections.abc import Mapping
from dataclasses import replace

from gateway.core.definitions.tables import Faults, Table
from gateway.core.errors import InvalidDefinition
from gateway.core.legal_entity import LegalEntity


def read_legal_entity(table: Table) -> tuple[str, LegalEntity | None]:
    """A legal entity's key and its version 1, None if it has faults."""
    key = table.key("key")
    return key, table.build_whole(lambda: _read(table, key))


def _read(table: Table, key: str) -> LegalEntity:
    return LegalEntity(
        key=key,
        name=table.text_or_none("name"),
        address=table.texts("address"),
        country=table.text_or_none("country"),
        tax_ids=table.texts("tax_ids"),
        time_zone=table.text_or_none("time_zone") or "UTC",
        currency=table.text_or_none("currency"),
        invoice_series=table.text_or_none("invoice_series"),
        credit_note_series=table.text_or_none("credit_note_series"),
        footer=table.long_text_or_none("footer"),
    )


def legal_entity_document(entity: LegalEntity) -> dict[str, object]:
    """A legal entity as JSON-able values, from which `legal_entity_from` makes an equal one."""
    return {
        "key": entity.key,
        "version": entity.version,
        "name": entity.name,
        "address": list(entity.address),
        "country": entity.country,
        "tax_ids": list(entity.tax_ids),
        "time_zone": entity.time_zone,
        "currency": entity.currency,
        "invoice_series": entity.invoice_series,
        "credit_note_series": entity.credit_note_series,
        "footer": entity.footer,
    }


def legal_entity_from(document: Mapping[str, object]) -> LegalEntity:
    """The legal entity that a document describes. Raises `InvalidDefinition` with every fault."""
    faults = Faults()
    table = Table(document, "", faults)
    version = table.whole("version", 1)
    _, entity = read_legal_entity(table)
    if entity is None:
        raise InvalidDefinition(faults.found)
    return replace(entity, version=version)
