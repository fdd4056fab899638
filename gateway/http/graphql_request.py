"""A GraphQL request as it comes over HTTP: read from the URL or the body and checked, or refused with a status."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl

from starlette.requests import Request

from gateway.http.media_types import is_json
from gateway.http.strict_json import NotStrictJson, read_json

url_parameters_max = 20


class Refused(Exception):
    """A request that is not executed: the status, code, message and headers of its answer."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})


class Unauthenticated(Refused):
    """The caller does not prove who it is."""

    def __init__(self, message: str) -> None:
        super().__init__(401, "UNAUTHENTICATED", message, {"WWW-Authenticate": "Bearer"})


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation to run. Where `is_safe`, it came by GET and may only be a query."""

    query: str
    operation_name: str | None
    variables: dict[str, object] | None
    extensions: dict[str, object] | None
    is_safe: bool = False

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, object], *, is_safe: bool) -> Self:
        """Raises `Refused` for a parameter of the wrong type; ignores those it does not know, as specified."""
        query = _string(parameters, "query")
        if not query:
            raise _bad_request("`query` is missing; send the text of a GraphQL document.")
        operation_name = _string(parameters, "operationName") or None
        return cls(query, operation_name, _object(parameters, "variables"), _object(parameters, "extensions"), is_safe)


async def read_request(request: Request, *, body_bytes_max: int) -> GraphQLRequest:
    """The operation that `request` asks for. Raises `Refused` if that is not well-formed.

    Cross-site forgery: there are no cookies, a request counts only with a bearer key in its Authorization header,
    and browsers send neither that nor a JSON body to another site without asking it first. So GET needs no header
    of its own, and bodies that a form can send are refused.
    """
    if request.method == "GET":
        return GraphQLRequest.from_parameters(_parameters_of_url(request), is_safe=True)
    if request.method != "POST":
        raise Refused(405, "METHOD_NOT_ALLOWED", "Use POST, or GET for queries.", {"Allow": "GET, POST"})
    if not is_json(request.headers.get("content-type", "")):
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", "Send the body as `Content-Type: application/json` in UTF-8.")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", "Send the body without `Content-Encoding`.")
    body = await _read_body(request, body_bytes_max)
    return GraphQLRequest.from_parameters(_parameters_of_body(body), is_safe=False)


async def _read_body(request: Request, bytes_max: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        if len(body) + len(chunk) > bytes_max:
            message = f"The body is larger than body_bytes_max = {bytes_max}; send less at once."
            raise Refused(413, "CONTENT_TOO_LARGE", message, {"Connection": "close"})
        body += chunk
    return bytes(body)


def _parameters_of_body(body: bytes) -> Mapping[str, object]:
    parameters = _json(body, "The body")
    if isinstance(parameters, list):
        raise _bad_request("Batches are not supported; send one operation per request.")
    if not isinstance(parameters, dict):
        raise _bad_request("The body must be a JSON object with the key `query`.")
    return parameters


def _parameters_of_url(request: Request) -> Mapping[str, object]:
    try:
        # An empty parameter counts as left out, as specified.
        pairs = parse_qsl(request.url.query, errors="strict", max_num_fields=url_parameters_max)
    except ValueError:
        raise _bad_request(f"The URL holds more than {url_parameters_max} parameters, or no UTF-8.") from None
    parameters: dict[str, object] = dict(pairs)
    if len(parameters) < len(pairs):
        raise _bad_request("The URL holds a parameter twice.")
    for name in parameters.keys() & {"variables", "extensions"}:
        parameters[name] = _json(str(parameters[name]), f"`{name}`")
    return parameters


def _json(text: bytes | str, what: str) -> object:
    try:
        return read_json(text)
    except NotStrictJson as error:
        raise _bad_request(f"{what} is not strict JSON: {error}.") from None


def _string(parameters: Mapping[str, object], name: str) -> str | None:
    value = parameters.get(name)
    if value is None or isinstance(value, str):
        return value
    raise _bad_request(f"`{name}` must be a string.")


def _object(parameters: Mapping[str, object], name: str) -> dict[str, object] | None:
    value = parameters.get(name)
    if value is None or isinstance(value, dict):
        return value
    raise _bad_request(f"`{name}` must be an object.")


def _bad_request(message: str) -> Refused:
    return Refused(400, "BAD_REQUEST", message)
