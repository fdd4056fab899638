"""Descriptions of the schema, taken from docstrings, so that code and clients read the same sentence."""

from inspect import getdoc

from graphql import GraphQLEnumType, GraphQLNamedType, GraphQLSchema
from graphql.type import GraphQLField, GraphQLInterfaceType, GraphQLObjectType
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField

from gateway.schema.types.enums import VALUE_DESCRIPTIONS

_DEFINITION = "strawberry-definition"


def describe(schema: GraphQLSchema) -> None:
    """Give every type, resolver and enum value of `schema` without a description the docstring of its code."""
    for kind in schema.type_map.values():
        if kind.name.startswith("__"):
            continue
        _describe_type(kind)
        if isinstance(kind, GraphQLEnumType):
            _describe_values(kind)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field in kind.fields.values():
                _describe_field(field)


def _describe_type(kind: GraphQLNamedType) -> None:
    origin = getattr(kind.extensions.get(_DEFINITION), "origin", None)
    if kind.description is None and origin is not None:
        kind.description = getdoc(origin)  # of a generic type made specific, the generic one's


def _describe_field(field: GraphQLField) -> None:
    definition = field.extensions.get(_DEFINITION)
    resolver = definition.base_resolver if isinstance(definition, StrawberryField) else None
    if field.description is None and resolver is not None:
        field.description = getdoc(resolver.wrapped_func)


def _describe_values(kind: GraphQLEnumType) -> None:
    definition = kind.extensions[_DEFINITION]
    assert isinstance(definition, StrawberryEnumDefinition)
    texts = VALUE_DESCRIPTIONS.get(definition.wrapped_cls, {})  # type: ignore[call-overload]
    for name, value in kind.values.items():
        value.description = value.description or texts.get(name)
