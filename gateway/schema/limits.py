"""How large, deep and costly a GraphQL document may be; checked before validation, which hostile ones make slow."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    StringValueNode,
    Visitor,
    parse,
    visit,
)

from gateway.schema.weight import Scale, Weight, count_max, read_integer

_NUL_ESCAPE = re.compile(r"\\u(?:0000|\{0+\})")


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """The limits of one document. What a fragment holds counts once for every place it is spread."""

    bytes_max: int = 65_536
    tokens_max: int = 2_000
    operations_max: int = 10
    depth_max: int = 20
    aliases_max: int = 50
    directives_max: int = 50
    root_fields_max: int = 20
    mutations_max: int = 10
    introspections_max: int = 2
    cost_max: int = 10_000
    page_size_default: int = 100  # what a page costs that does not say its size
    errors_max: int = 10  # how many faults validation looks for


WAYS_OUT = {
    "bytes_max": "send long values as variables",
    "tokens_max": "send long values as variables, or ask in several requests",
    "operations_max": "send only the operations you run",
    "depth_max": "select fewer levels, or ask in several requests",
    "aliases_max": "use fewer aliases, or ask in several requests",
    "directives_max": "use fewer directives",
    "root_fields_max": "ask in several requests",
    "mutations_max": "send several requests",
    "introspections_max": "introspect once",
    "cost_max": "ask for smaller pages with `first`, or for fewer fields",
}


def over_limit(limits: QueryLimits, name: str, value: int) -> GraphQLError:
    """The refusal of a document: it names the limit, the value and the way out."""
    allowed: int = getattr(limits, name)
    found = f"{count_max} or more" if value >= count_max else str(value)
    return GraphQLError(
        f"{name} is {allowed} and this document has {found}; {WAYS_OUT[name]}.",
        extensions={"code": "LIMIT_EXCEEDED", "limit": name, "allowed": allowed},
    )


def parse_within(source: str, limits: QueryLimits) -> DocumentNode:
    """The document in `source`. Raises `GraphQLError` for bad syntax, NUL in a string, too many bytes or tokens."""
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > limits.bytes_max:
        raise over_limit(limits, "bytes_max", size)
    try:
        # Comments are limited too: the parser keeps them all.
        document = parse(source, max_lexical_tokens=limits.tokens_max, max_comments=limits.tokens_max)
    except GraphQLSyntaxError as error:
        if "Document contains more than" not in error.message:
            raise
        raise over_limit(limits, "tokens_max", limits.tokens_max + 1) from None
    if "\0" in source or _NUL_ESCAPE.search(source):
        visit(document, _RefuseNul())
    return document


class _RefuseNul(Visitor):
    def enter_string_value(self, node: StringValueNode, *_: object) -> None:
        if "\0" in node.value:
            raise GraphQLError("A string holds the character NUL; leave it out.", node)


def refusals(
    document: DocumentNode,
    schema: GraphQLSchema,
    limits: QueryLimits,
    running: OperationDefinitionNode,
    variables: Mapping[str, object],
) -> list[GraphQLError]:
    """Every limit that `document` exceeds when its operation `running` is run; empty if there is none.

    `variables` are the values as sent. Takes time linear in the document, however its fragments are nested.
    The operations beside `running` are validated with it, so they keep all limits but that of cost.
    """
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if len(operations) > limits.operations_max:
        return [over_limit(limits, "operations_max", len(operations))]
    scale = Scale(schema, {**_defaults(running), **variables}, limits.page_size_default)
    try:
        for fragment in _innermost_first(document):
            scale.add_fragment(fragment)
    except CycleError as error:
        return [_cyclic(error.args[1])]
    return [
        over_limit(limits, name, value)
        for operation in operations
        for name, value in _measures(scale.weigh(operation), operation, running).items()
        if value > getattr(limits, name)
    ]


def _measures(weight: Weight, operation: OperationDefinitionNode, running: OperationDefinitionNode) -> dict[str, int]:
    return {
        "depth_max": weight.depth,
        "aliases_max": weight.aliases,
        "directives_max": weight.directives,
        "root_fields_max": weight.width,
        "mutations_max": weight.width if operation.operation is OperationType.MUTATION else 0,
        "introspections_max": weight.introspections,
        "cost_max": weight.cost if operation is running else 0,
    }


def _defaults(operation: OperationDefinitionNode) -> dict[str, int | None]:
    definitions = operation.variable_definitions or ()
    return {node.variable.name.value: read_integer(node.default_value) for node in definitions}


def _innermost_first(document: DocumentNode) -> Iterator[FragmentDefinitionNode]:
    """The fragments, each after those it spreads. Raises `CycleError` if they spread in a circle."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    spreads = {name: set(_spreads(node.selection_set)) for name, node in fragments.items()}
    order = TopologicalSorter(spreads).static_order()
    return (fragments[name] for name in order if name in fragments)


def _spreads(selection_set: SelectionSetNode) -> Iterator[str]:
    waiting = [selection_set]
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, FragmentSpreadNode):
                yield selection.name.value
            elif inside := getattr(selection, "selection_set", None):
                waiting.append(inside)


def _cyclic(names: list[str]) -> GraphQLError:
    circle = " -> ".join(reversed(names[:6]))
    return GraphQLError(
        f"Fragments spread each other in a circle ({circle}); take one of the spreads out.",
        extensions={"code": "LIMIT_EXCEEDED", "limit": "fragment_cycles", "allowed": 0},
    )
