"""The schema as it is served: documents are limited before they are validated, and never quoted in the log."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import strawberry
from graphql import GraphQLError, get_operation_ast, validate
from graphql.validation.rules import overlapping_fields_can_be_merged
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from strawberry.types import ExecutionContext

from gateway.schema.limits import QueryLimits, parse_within, refusals

DEFAULT_LIMITS = QueryLimits()
comparisons_max = 15_000  # forty fragments of different fields side by side take 10,000

# graphql-core's own budget for comparing fields that share a name. It is meant to be assigned to; as it comes, 2,000
# tokens take most of a second.
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = comparisons_max

_SUGGESTION = re.compile(r" Did you mean .*\?$", re.DOTALL)


class GuardedSchema(strawberry.Schema):
    """A strawberry schema for clients that are not trusted, the same over every transport.

    It holds every document to `limits`, asks for an operation name where the document leaves a choice, and suggests
    names for those it does not know only if `suggestions` is set.
    """

    def __init__(
        self,
        query: type,
        mutation: type | None = None,
        *,
        limits: QueryLimits = DEFAULT_LIMITS,
        suggestions: bool = False,
        extensions: Iterable[type[SchemaExtension] | Callable[[], SchemaExtension]] = (),
        **options: Any,
    ) -> None:
        self._suggestions = suggestions
        super().__init__(query, mutation, extensions=[partial(_Guard, limits, suggestions), *extensions], **options)

    def process_errors(self, errors: list[GraphQLError], _context: ExecutionContext | None = None) -> None:
        """Strawberry would log the document around each error here, literals included; the transport logs instead."""
        if not self._suggestions:
            for error in errors:
                error.message = _SUGGESTION.sub("", error.message)


class _Guard(SchemaExtension):
    def __init__(self, limits: QueryLimits, suggestions: bool) -> None:
        self._limits = limits
        self._suggestions = suggestions

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        context.graphql_document = parse_within(context.query or "", self._limits)
        yield

    def on_validate(self) -> Iterator[None]:
        # Strawberry validates only what has no list of errors yet, not even an empty one.
        self.execution_context.pre_execution_errors = self._refusals() or self._faults()
        yield

    def _refusals(self) -> list[GraphQLError]:
        context = self.execution_context
        assert context.graphql_document is not None
        # Strawberry's own `operation_name` takes the first of several operations, which the specification forbids.
        running = get_operation_ast(context.graphql_document, context._provided_operation_name)
        if running is None:
            return [_unclear_operation()]
        schema = context.schema._schema
        return refusals(context.graphql_document, schema, self._limits, running, context.variables or {})

    def _faults(self) -> list[GraphQLError]:
        context = self.execution_context
        assert context.graphql_document is not None
        errors = validate(
            context.schema._schema,
            context.graphql_document,
            (*context.validation_rules, MaybeNullValidationRule, OneOfInputValidationRule),
            max_errors=self._limits.errors_max,
            hide_suggestions=not self._suggestions,
        )
        return [_too_entangled() if error.message == "Validation aborted." else error for error in errors]


def _unclear_operation() -> GraphQLError:
    return GraphQLError(
        "The document holds several operations; name the one to run in `operationName`.",
        extensions={"code": "OPERATION_RESOLUTION_FAILURE"},
    )


def _too_entangled() -> GraphQLError:
    return GraphQLError(
        f"comparisons_max is {comparisons_max} and validating this document takes more; "
        "select a field fewer times under one name, or spread fewer fragments.",
        extensions={"code": "LIMIT_EXCEEDED", "limit": "comparisons_max", "allowed": comparisons_max},
    )
