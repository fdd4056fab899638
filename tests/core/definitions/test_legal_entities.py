"""Legal entities in definition documents: read exactly, written whole."""

import pytest

from gateway.core.definitions.legal_entities import legal_entity_document, legal_entity_from
from gateway.core.definitions.reading import read_definitions
from gateway.core.errors import InvalidDefinition
from gateway.core.legal_entity import UNNAMED_ENTITY, LegalEntity
from tests.core.test_legal_entity import BERLIN, TOKYO


@pytest.mark.parametrize("entity", [UNNAMED_ENTITY, BERLIN, TOKYO])
def test_what_is_written_is_read_again(entity: LegalEntity) -> None:
    document = legal_entity_document(entity)
    assert legal_entity_from({**document, "version": 3}).version == 3
    assert legal_entity_from(document) == entity
    assert read_definitions({"legal_entities": [{**document, "version": None}]}).legal_entities == (entity,)


def test_every_fault_is_told_with_its_path() -> None:
    with pytest.raises(InvalidDefinition) as refused:
        read_definitions(
            {
                "legal_entities": [
                    {"key": "default", "time_zone": "Mars", "address": 7, "colour": "red"},
                    {"key": "default", "tax_ids": [1]},
                ]
            }
        )
    assert [path for path, _ in refused.value.faults] == [
        "legal_entities[0].address",
        "legal_entities[0].time_zone",
        "legal_entities[0].colour",
        "legal_entities[1].tax_ids[0]",
        "legal_entities[1].key",
    ]


def test_a_stored_one_with_a_fault_is_refused() -> None:
    with pytest.raises(InvalidDefinition, match="time_zone: 'Mars' is not an IANA time zone"):
        legal_entity_from({"key": "default", "time_zone": "Mars"})
