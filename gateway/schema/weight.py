"""What a GraphQL operation amounts to once its fragments are spread, measured in one linear pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TypeGuard

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NamedTypeNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_composite_type,
)

count_max = 10**9  # nested fragments double a count at every level; stopping here keeps the numbers small
PAGE_ARGUMENTS = frozenset({"first", "last"})
INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class Weight:
    """Sums over a selection, except `depth`, its deepest place, and `width`, its own fields alone."""

    depth: int = 0
    width: int = 0
    aliases: int = 0
    directives: int = 0
    introspections: int = 0
    cost: int = 0

    def __add__(self, other: "Weight") -> "Weight":
        return Weight(
            max(self.depth, other.depth),
            min(self.width + other.width, count_max),
            min(self.aliases + other.aliases, count_max),
            min(self.directives + other.directives, count_max),
            min(self.introspections + other.introspections, count_max),
            min(self.cost + other.cost, count_max),
        )


class Scale:
    """Weighs operations; weighs each fragment once, so it takes a fragment only after those it spreads.

    Every field costs 1. What a page selects costs as often as the page has places: its `first` or `last` (literal,
    variable or the argument's default), else `page_size_default`. What the schema does not know has a weight all
    the same, since validation comes later.
    """

    def __init__(self, schema: GraphQLSchema, variables: Mapping[str, object], page_size_default: int) -> None:
        self._schema = schema
        self._variables = variables
        self._page_size_default = page_size_default
        self._fragments: dict[str, Weight] = {}

    def add_fragment(self, fragment: FragmentDefinitionNode) -> None:
        inside = self._selections(fragment.selection_set, self._type(fragment.type_condition))
        self._fragments[fragment.name.value] = inside + Weight(directives=len(fragment.directives or ()))

    def weigh(self, operation: OperationDefinitionNode) -> Weight:
        inside = self._selections(operation.selection_set, self._schema.get_root_type(operation.operation))
        directives = [operation.directives, *(node.directives for node in operation.variable_definitions or ())]
        return inside + Weight(directives=sum(len(group or ()) for group in directives))

    def _selections(self, selection_set: SelectionSetNode, parent: GraphQLNamedType | None) -> Weight:
        weight = Weight()
        for selection in selection_set.selections:
            weight += self._selection(selection, parent)
        return weight

    def _selection(self, node: SelectionNode, parent: GraphQLNamedType | None) -> Weight:
        own = Weight(directives=len(node.directives or ()))
        if isinstance(node, FieldNode):
            return own + self._field(node, parent)
        if isinstance(node, FragmentSpreadNode):
            return own + self._fragments.get(node.name.value, Weight())
        assert isinstance(node, InlineFragmentNode)
        condition = self._type(node.type_condition) if node.type_condition else parent
        return own + self._selections(node.selection_set, condition)

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Weight:
        field = self._schema.get_field(parent, node.name.value) if is_composite_type(parent) else None
        inside = Weight()
        if node.selection_set:
            inside = self._selections(node.selection_set, get_named_type(field.type) if field else None)
        return Weight(
            depth=1 + inside.depth,
            width=1,
            aliases=inside.aliases + (node.alias is not None),
            directives=inside.directives,
            introspections=inside.introspections + (node.name.value in INTROSPECTION_FIELDS),
            cost=min(1 + inside.cost * self._page_size(node, field), count_max),
        )

    def _page_size(self, node: FieldNode, field: GraphQLField | None) -> int:
        offered = {name: _default(argument) for name, argument in field.args.items()} if field else {}
        given = {argument.name.value: self._value(argument.value) for argument in node.arguments or ()}
        asked = {name: value for name, value in given.items() if value is not None}
        sizes = [value for name, value in {**offered, **asked}.items() if name in PAGE_ARGUMENTS and is_count(value)]
        if sizes:
            return min(max(1, *map(int, sizes)), count_max)
        return 1 if PAGE_ARGUMENTS.isdisjoint({*offered, *given}) else self._page_size_default

    def _value(self, node: ValueNode) -> object:
        return self._variables.get(node.name.value) if isinstance(node, VariableNode) else read_integer(node)

    def _type(self, condition: NamedTypeNode) -> GraphQLNamedType | None:
        return self._schema.get_type(condition.name.value)


def _default(argument: GraphQLArgument) -> object:
    if argument.default is None:
        return argument.default_value
    return argument.default.value if argument.default.literal is None else read_integer(argument.default.literal)


def read_integer(node: ValueNode | None) -> int | None:
    """The integer literal at `node`, if it is one."""
    if not isinstance(node, IntValueNode):
        return None
    # int() is slow on many digits, and longer than this no Int is.
    return int(node.value) if len(node.value) < 20 else count_max


def is_count(value: object) -> TypeGuard[int | float]:
    """Whether `value` may be an Int; JSON may write one as 1e3."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
