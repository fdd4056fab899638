"""Closes the objects of a vendor's document: no message may have a field that is not recorded."""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]


def close(document: Schema) -> None:
    """Let every object have the fields that are named and no others, unless its schema allows for them.

    What is combined of several schemas is closed as a whole: each of its parts has to let those of the others pass.
    """
    schemas = document["components"]["schemas"]
    parts = {name for whole in _combined(document) for name in _references(whole)}
    _close(document, schemas, parts, is_part=False)


def _combined(schema: Any) -> Iterator[Schema]:
    """The schemas that are combined of several."""
    if isinstance(schema, dict) and "allOf" in schema:
        yield schema
    if isinstance(schema, dict | list):
        for item in schema.values() if isinstance(schema, dict) else schema:
            yield from _combined(item)


def _references(whole: Schema) -> Iterator[str]:
    if len(whole["allOf"]) > 1 or "properties" in whole:
        yield from (part["$ref"].rsplit("/", 1)[1] for part in whole["allOf"] if "$ref" in part)


def _close(schema: Any, schemas: Schema, parts: set[str], is_part: bool) -> None:
    if isinstance(schema, list):
        for item in schema:
            _close(item, schemas, parts, is_part)
    if not isinstance(schema, dict):
        return
    for name, item in schema.items():
        _close(item, schemas, parts, is_part=name == "allOf" or (schema is schemas and name in parts))
    if is_part:
        return
    if "allOf" in schema and (names := list(_names(schema, schemas))):
        schema["properties"] = {name: {} for name in names} | schema.get("properties", {})
        schema["additionalProperties"] = False
    elif schema.get("type") == "object" and isinstance(schema.get("properties"), dict):
        schema.setdefault("additionalProperties", False)


def _names(schema: Schema, schemas: Schema) -> Iterator[str]:
    """The fields that a schema names, with those of all that it is combined of."""
    if "$ref" in schema:
        yield from _names(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    properties = schema.get("properties")
    yield from properties if isinstance(properties, dict) else ()
    for part in schema.get("allOf", ()):
        yield from _names(part, schemas)
