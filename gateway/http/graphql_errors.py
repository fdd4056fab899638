"""What a client is told of an error: its own faults and known refusals in words, all else as a correlation id."""

import logging
import re
import traceback
from collections import Counter
from collections.abc import Sequence
from uuid import uuid4

from graphql import GraphQLError, GraphQLFormattedError, GraphQLSyntaxError, ValueNode
from strawberry.exceptions import StrawberryGraphQLError

from gateway.core.errors import GatewayError

INTERNAL = "INTERNAL"

# Texts are matched whole, so that what stands in one stays as it is.
_TEXT_OR_CONSTANT = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\b(?:None|True|False)\b""")
_CONSTANTS = {"None": "null", "True": "true", "False": "false"}

logger = logging.getLogger(__name__)


def show(errors: Sequence[GraphQLError], default_code: str) -> list[GraphQLFormattedError]:
    """`errors` as the client may see them, each with a code.

    An error is shown if it is a `GatewayError`, or says what is wrong with the document or the variables. Any
    other becomes `INTERNAL` with a correlation id, under which the log has its type and traceback.
    """
    correlation_id = uuid4().hex
    masked: Counter[str] = Counter()
    shown: list[GraphQLFormattedError] = []
    for error in errors:
        formatted, cause = error.formatted, _cause(error)
        if isinstance(cause, GatewayError):
            formatted["message"] = str(cause)
            formatted["extensions"] = {"code": cause.code}
        elif _is_about_request(error, cause):
            code = "GRAPHQL_PARSE_FAILED" if isinstance(error, GraphQLSyntaxError) else default_code
            formatted["message"] = _as_json_says(formatted["message"])
            formatted["extensions"] = {"code": code, **(error.extensions or {})}
        else:
            formatted |= _internal(correlation_id)
            masked[_trace(cause)] += 1
        shown.append(formatted)
    _log(masked, correlation_id)
    return shown


def show_unexpected(error: Exception) -> GraphQLFormattedError:
    """An exception outside of execution, masked and logged as above."""
    correlation_id = uuid4().hex
    _log(Counter([_trace(error)]), correlation_id)
    return _internal(correlation_id)


def is_internal(error: GraphQLFormattedError) -> bool:
    return error.get("extensions", {}).get("code") == INTERNAL


def _internal(correlation_id: str) -> GraphQLFormattedError:
    return {"message": "Internal error", "extensions": {"code": INTERNAL, "correlationId": correlation_id}}


def _cause(error: GraphQLError) -> Exception:
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error:
        cause = cause.original_error
    return cause


def _is_about_request(error: GraphQLError, cause: Exception) -> bool:
    if error.path is None:  # found before execution: in the document, the variables or a limit
        return bool(error.nodes) or isinstance(cause, GraphQLError)
    # Errors of execution may quote our objects, except where an argument has no valid value: they blame that value.
    if isinstance(cause, StrawberryGraphQLError):
        return True
    return isinstance(cause, GraphQLError) and any(isinstance(node, ValueNode) for node in cause.nodes or ())


def _as_json_says(message: str) -> str:
    """`message` with `null` for None and so on: graphql-core quotes values as Python writes them."""
    return _TEXT_OR_CONSTANT.sub(lambda found: _CONSTANTS.get(found[0], found[0]), message)


def _log(masked: Counter[str], correlation_id: str) -> None:
    # A failing data loader fails every node of a page alike: one line with a count, not a thousand.
    for trace, times in masked.items():
        logger.error("Internal error %s (%d of this kind): %s", correlation_id, times, trace)


def _trace(error: BaseException) -> str:
    """Types and frames of an error and its causes, without their messages: those quote literals and variables."""
    traces: list[str] = []
    current: BaseException | None = error
    while current is not None and len(traces) < 10:
        frames = "".join(traceback.format_tb(current.__traceback__))
        traces.append(f"{type(current).__module__}.{type(current).__qualname__}\n{frames}")
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "caused by ".join(traces)
