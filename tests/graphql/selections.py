"""Selections of everything that a type has, made from the schema, so that no field is forgotten."""

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_composite_type,
    is_leaf_type,
    is_required_argument,
)


def everything(schema: GraphQLSchema, kind: GraphQLNamedType, depth: int) -> str:
    """Every field of `kind` that needs no argument, `depth` levels deep, pages of two nodes."""
    if isinstance(kind, GraphQLUnionType):
        parts = [f"... on {each.name} {everything(schema, each, depth)}" for each in kind.types]
        return "{ __typename " + " ".join(parts) + " }"
    assert isinstance(kind, GraphQLObjectType)
    fields = [text for name, field in kind.fields.items() if (text := _field(schema, name, field, depth))]
    return "{ __typename " + " ".join(fields) + " }"


def everything_in_two(schema: GraphQLSchema, kind: GraphQLNamedType, depth: int) -> tuple[str, str]:
    """The same in two halves, for a type of so many fields that one document may not have them all."""
    assert isinstance(kind, GraphQLObjectType)
    fields = [text for name, field in kind.fields.items() if (text := _field(schema, name, field, depth))]
    halves = fields[::2], fields[1::2]
    return "{ __typename " + " ".join(halves[0]) + " }", "{ __typename " + " ".join(halves[1]) + " }"


def _field(schema: GraphQLSchema, name: str, field: GraphQLField, depth: int) -> str | None:
    kind = get_named_type(field.type)
    if any(is_required_argument(argument) for argument in field.args.values()):
        return None
    if is_leaf_type(kind):
        return name
    if depth == 0 or not is_composite_type(kind):
        return None
    page = "(first: 2)" if "first" in field.args else ""
    return f"{name}{page} {everything(schema, kind, depth - 1)}"
