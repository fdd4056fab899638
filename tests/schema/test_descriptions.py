"""Every part of the schema says what it is."""

from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    is_specified_scalar_type,
)

from gateway.core.errors import GatewayError
from gateway.schema.build import build_schema
from gateway.schema.types.enums import VALUE_DESCRIPTIONS, UserErrorCode

_TYPES = [
    kind
    for kind in build_schema()._schema.type_map.values()
    if not kind.name.startswith("__") and not is_specified_scalar_type(kind)
]


@pytest.mark.parametrize("kind", _TYPES, ids=lambda kind: kind.name)
def test_every_type_field_argument_and_value_is_described(kind: GraphQLNamedType) -> None:
    assert [place for place, description in _described(kind) if not description] == []


@pytest.mark.parametrize("kind", VALUE_DESCRIPTIONS, ids=lambda kind: kind.__name__)
def test_descriptions_of_enum_values_are_those_of_its_values(kind: type) -> None:
    assert set(VALUE_DESCRIPTIONS[kind]) == set(kind.__members__)


def test_every_refusal_has_a_code_that_clients_know() -> None:
    inside = ("gateway.core", "gateway.wire", "gateway.services")
    raised = [error for error in _subclasses(GatewayError) if error.__module__.startswith(inside)]
    # The last one keeps the gateway from starting, and so is no answer to a client.
    refusals = {error.code for error in raised} - {"FORBIDDEN", "UNAUTHENTICATED", "CONNECTIONS_CHANGED"}
    assert refusals <= set(UserErrorCode)


def _described(kind: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    yield kind.name, kind.description
    if isinstance(kind, GraphQLEnumType):
        yield from ((f"{kind.name}.{name}", value.description) for name, value in kind.values.items())
    if isinstance(kind, GraphQLInputObjectType):
        yield from ((f"{kind.name}.{name}", field.description) for name, field in kind.fields.items())
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        for name, field in kind.fields.items():
            yield f"{kind.name}.{name}", field.description
            yield from ((f"{kind.name}.{name}({each})", part.description) for each, part in field.args.items())


def _subclasses(kind: type[GatewayError]) -> Iterator[type[GatewayError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _subclasses(each)
