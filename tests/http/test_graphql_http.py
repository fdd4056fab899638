"""GraphQL over HTTP: every request gets a well-formed answer with the specified status, and no error tells too much."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any, NewType

import httpx
import pytest
import strawberry
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from strawberry.extensions import SchemaExtension
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig

from gateway.core.errors import NotFound
from gateway.http.graphql_http import GraphQLEndpoint
from gateway.http.graphql_request import Refused, Unauthenticated
from gateway.http.strict_json import NotStrictJson, nesting_max, read_json
from gateway.schema.guarded_schema import GuardedSchema
from gateway.schema.limits import QueryLimits

NEW = "application/graphql-response+json"
OLD = "application/json"
KEY = {"Authorization": "Bearer key"}
CANARY = "canary-4111111111111111"


Picky = NewType("Picky", str)


def never(value: object) -> str:
    raise ValueError("never")


@strawberry.type
class Thing:
    name: str = "thing"

    @strawberry.field
    def count(self) -> int:
        return 2**40

    @strawberry.field
    def lost(self) -> str:
        raise NotFound("Customer 'x' does not exist; check the id.")

    @strawberry.field
    def broken(self, text: str = "") -> str:
        try:
            raise KeyError(f"{text} in the cause")
        except KeyError as error:
            raise RuntimeError(f"password={text}") from error

    @strawberry.field
    def nothing(self) -> str:
        return None  # type: ignore[return-value]


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    def who(self, info: strawberry.Info) -> str:
        return info.context["who"]

    @strawberry.field
    def extension(self, info: strawberry.Info) -> str:
        return json.dumps(info.input_extensions)

    @strawberry.field
    def thing(self) -> Thing | None:
        return Thing()

    @strawberry.field
    def things(self, first: int = 3) -> list[Thing | None]:
        return [Thing()] * first

    @strawberry.field
    def required(self) -> Thing:
        return Thing()

    @strawberry.field
    async def slow(self) -> str:
        await asyncio.sleep(60)
        return "late"

    @strawberry.field
    def unwritable(self, kind: str) -> JSON:
        return JSON({"object": object(), "nan": float("nan"), "surrogate": "\ud800"}[kind])

    @strawberry.field
    def picky(self, value: Picky) -> str:
        return value

    @strawberry.field
    def greet(self, name: strawberry.Maybe[str]) -> str:
        return "hello"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def touch(self) -> str:
        return "touched"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncIterator[int]:
        yield 1


async def context_for(request: Request) -> object:
    match request.headers.get("authorization"):
        case "Bearer key":
            return {"who": "the key's owner"}
        case "Bearer blocked":
            raise Refused(403, "FORBIDDEN", "This key is blocked.")
        case "Bearer broken":
            raise RuntimeError(CANARY)
    raise Unauthenticated("Send an API key as `Authorization: Bearer ...`.")


SCALARS = {Picky: strawberry.scalar(name="Picky", parse_value=never)}
SCHEMA = GuardedSchema(Query, Mutation, subscription=Subscription, config=StrawberryConfig(scalar_map=SCALARS))
ENDPOINT = GraphQLEndpoint(SCHEMA, context_for, body_bytes_max=200_000, seconds_max=0.5)


def send(
    method: str = "POST", url: str = "/graphql", *, to: GraphQLEndpoint = ENDPOINT, headers: Any = None, **request: Any
) -> httpx.Response:
    async def sent() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(to), base_url="http://gateway") as client:
            del client.headers["accept"]
            return await client.request(method, url, headers=KEY | (headers or {}), **request)

    return asyncio.run(sent())


def post(body: bytes | str, **headers: str) -> httpx.Response:
    return send(content=body, headers={"Content-Type": OLD} | {k.replace("_", "-"): v for k, v in headers.items()})


def ask(query: str, accept: str = NEW, *, to: GraphQLEndpoint = ENDPOINT, **parameters: Any) -> httpx.Response:
    return send(to=to, json={"query": query} | parameters, headers={"Accept": accept})


def error_of(response: httpx.Response) -> dict[str, Any]:
    """The only error of a response without data."""
    body = response.json()
    assert "data" not in body
    [error] = body["errors"]
    return error


def code_of(response: httpx.Response) -> str:
    return error_of(response)["extensions"]["code"]


# Media types


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (None, OLD),
        ("", OLD),
        ("*/*", OLD),
        ("application/*", OLD),
        (OLD, OLD),
        (NEW, NEW),
        (f"{NEW}; charset=utf-8, {OLD}; charset=utf-8", NEW),
        (f"{OLD}, {NEW}", NEW),
        (f"{NEW}, {OLD};q=0.9", NEW),
        (f"{NEW};q=0.5, {OLD};q=0.9", OLD),
        (f"{NEW}, */*", NEW),
        (f"text/html, {NEW};q=0.8, */*;q=0.1", NEW),
        (f"{OLD};q=0, */*", NEW),
        ("APPLICATION/JSON", OLD),
        ("text/html, application/xhtml+xml, */*;q=0.8", OLD),
    ],
)
def test_the_answer_has_the_media_type_that_the_client_prefers(accept: str | None, answered: str) -> None:
    response = send(json={"query": "{ hello }"}, headers={} if accept is None else {"Accept": accept})

    assert response.status_code == 200
    assert response.headers["content-type"] == f"{answered}; charset=utf-8"
    assert response.json() == {"data": {"hello": "hello world"}}


@pytest.mark.parametrize(
    "accept", ["text/html", "text/event-stream", f"{OLD};q=0", f"{OLD};q=x", "*/*;q=0", "multipart/mixed", ";;,,q"]
)
def test_a_client_that_accepts_neither_type_gets_406(accept: str) -> None:
    response = ask("{ hello }", accept)

    assert response.status_code == 406
    assert code_of(response) == "NOT_ACCEPTABLE"


@pytest.mark.parametrize("content_type", [OLD, f"{OLD}; charset=utf-8", f'{OLD};charset="UTF-8"', "Application/JSON"])
def test_a_body_is_json_in_utf_8(content_type: str) -> None:
    response = send(content='{"query": "{ hello(name: \\"Zoë\\") }"}'.encode(), headers={"Content-Type": content_type})

    assert response.json() == {"data": {"hello": "hello Zoë"}}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/graphql"},
        {"Content-Type": f"{OLD}; charset=latin-1"},
        {"Content-Type": OLD, "Content-Encoding": "gzip"},
    ],
)
def test_a_body_that_a_form_could_send_is_refused(headers: dict[str, str]) -> None:
    response = send(content=b'{"query": "mutation { touch }"}', headers=headers)

    assert response.status_code == 415
    assert code_of(response) == "UNSUPPORTED_MEDIA_TYPE"


def test_no_cache_keeps_an_answer() -> None:
    assert ask("{ hello }").headers["cache-control"] == "no-store"


# Methods


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_other_methods_are_refused_with_those_that_work(method: str) -> None:
    response = send(method, json={"query": "{ hello }"})

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


def test_a_query_may_come_by_get() -> None:
    parameters = {
        "query": "query A { who } query B($n: String!) { hello(name: $n) extension }",
        "operationName": "B",
        "variables": '{"n": "Zoë"}',
        "extensions": '{"a": 1}',
        "unknown": "1",
    }

    response = send("GET", params=parameters)

    assert response.json() == {"data": {"hello": "hello Zoë", "extension": '{"a": 1}'}}


def test_an_empty_parameter_of_the_url_counts_as_left_out() -> None:
    response = send("GET", params={"query": "{ hello }", "operationName": "", "variables": "", "extensions": ""})

    assert response.json() == {"data": {"hello": "hello world"}}


@pytest.mark.parametrize("accept", [NEW, OLD])
def test_a_mutation_may_not_come_by_get(accept: str) -> None:
    response = send("GET", params={"query": "mutation { touch }"}, headers={"Accept": accept})

    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert code_of(response) == "METHOD_NOT_ALLOWED"


def test_a_mutation_beside_a_query_may_not_be_chosen_by_get() -> None:
    query = "query A { hello } mutation B { touch }"

    assert send("GET", params={"query": query, "operationName": "B"}).status_code == 405
    assert send("GET", params={"query": query, "operationName": "A"}).status_code == 200


@pytest.mark.parametrize(
    "url",
    [
        "",
        "query=",
        "query=%7Bhello%7D&query=%7Bhello%7D",
        "query=%7Bhello%7D&variables=%7B",
        "query=%7Bhello%7D&variables=%5B%5D",
        "query=%7Bhello%7D&variables=" + "%5B" * 5_000,
        "query=%7Bhello%7D&extensions=1",
        "query=%FF",
        "query=%ED%A0%80",
        "&".join(f"a{i}=1" for i in range(30)),
    ],
)
def test_a_malformed_url_is_refused(url: str) -> None:
    response = send("GET", f"/graphql?{url}")

    assert response.status_code == 400
    assert code_of(response) == "BAD_REQUEST"


# Bodies

MALFORMED = {
    "no body": b"",
    "no JSON": b'{ "not a JSON',
    "more than one value": b'{"query": "{ hello }"} {}',
    "a comment": b'{"query": "{ hello }" /* */}',
    "a trailing comma": b'{"query": "{ hello }",}',
    "a key twice": b'{"query": "{ hello }", "query": "{ who }"}',
    "a variable twice": b'{"query": "{ hello }", "variables": {"a": 1, "a": 2}}',
    "NaN": b'{"query": "{ hello }", "variables": {"a": NaN}}',
    "Infinity": b'{"query": "{ hello }", "variables": {"a": -Infinity}}',
    "a number beyond floats": b'{"query": "{ hello }", "variables": {"a": 1e999}}',
    "a number of 5,000 digits": b'{"query": "{ hello }", "variables": {"a": ' + b"9" * 5_000 + b"}}",
    "a byte order mark": b'\xef\xbb\xbf{"query": "{ hello }"}',
    "bad UTF-8": b'{"query": "{ hello }", "variables": {"a": "\xff"}}',
    "UTF-16": '{"query": "{ hello }"}'.encode("utf-16"),
    "an encoded surrogate": b'{"query": "{ hello }", "variables": {"a": "\xed\xa0\x80"}}',
    "half a surrogate pair": b'{"query": "{ hello }", "variables": {"a": ["\\ud800"]}}',
    "half a surrogate pair in a key": b'{"query": "{ hello }", "variables": {"\\uDC00": 1}}',
    "NUL": b'{"query": "{ hello }", "variables": {"a": "\\u0000"}}',
    "a bare NUL": b'{"query": "{ hello }", "variables": {"a": "\x00"}}',
    "a bare line break": b'{"query": "{ hello \n}"}',
    "100,000 arrays in each other": b"[" * 100_000,
    "100,000 objects in each other": b'{"a":' * 30_000 + b"1" + b"}" * 30_000,
    "deep variables": b'{"query": "{ hello }", "variables": {"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}}",
    "quotes that never close": b"[]" * 80 + b'"' + b'\\"' * 90_000,
    "a string that ends in a backslash": b'"' + b"[]" * 80 + b'\\"' * 90_000 + b"\\",
    "brackets and quotes": b'["' * 60_000,
    "a batch": b'[{"query": "{ hello }"}]',
    "an empty batch": b"[]",
    "text": b'"{ hello }"',
    "null": b"null",
    "a number": b"1",
    "no query": b'{"qeury": "{ hello }"}',
    "an empty query": b'{"query": ""}',
    "a query of another type": b'{"query": ["{ hello }"]}',
    "an operation name of another type": b'{"query": "{ hello }", "operationName": 1}',
    "variables of another type": b'{"query": "{ hello }", "variables": "{}"}',
    "a list of variables": b'{"query": "{ hello }", "variables": []}',
    "extensions of another type": b'{"query": "{ hello }", "extensions": false}',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("accept", [NEW, OLD])
def test_a_malformed_body_is_refused_at_once(body: bytes, accept: str) -> None:
    started = time.thread_time()
    response = post(body, accept=accept)

    assert time.thread_time() - started < 0.1
    assert response.status_code == 400
    assert response.headers["content-type"].startswith(accept)
    assert code_of(response) == "BAD_REQUEST"


def test_a_refusal_says_what_is_wrong_with_the_body() -> None:
    assert error_of(post(MALFORMED["a variable twice"]))["message"] == (
        "The body is not strict JSON: an object has the key 'a' twice."
    )
    assert "one operation per request" in error_of(post(MALFORMED["a batch"]))["message"]
    assert "nesting_max = 64" in error_of(post(MALFORMED["deep variables"]))["message"]


def test_unknown_keys_and_nulls_are_ignored_as_specified() -> None:
    body = {"query": "{ hello }", "operationName": None, "variables": None, "extensions": None, "id": "x", "doc_id": 1}

    assert send(json=body).json() == {"data": {"hello": "hello world"}}


def test_an_empty_operation_name_counts_as_left_out() -> None:
    assert ask("{ hello }", operationName="").json() == {"data": {"hello": "hello world"}}


def test_json_is_read_up_to_the_nesting_that_is_allowed() -> None:
    assert read_json("[" * nesting_max + "]" * nesting_max)
    assert read_json(json.dumps(["[{" * 1_000] * 100)) == ["[{" * 1_000] * 100
    with pytest.raises(NotStrictJson):
        read_json("[" * (nesting_max + 1) + "]" * (nesting_max + 1))


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
)


@given(json_values, st.booleans())
def test_what_json_can_say_clearly_is_read_as_it_is(value: object, ascii_only: bool) -> None:
    assert read_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    with suppress(NotStrictJson):
        assert read_json(body) == json.loads(body)


class Receiver:
    """The body of a request, chunk by chunk; counts how many were taken."""

    def __init__(self, chunks: int, size: int, then: Callable[[], Awaitable[dict[str, Any]]] | None = None) -> None:
        self.left = chunks
        self.size = size
        self.taken = 0
        self.then = then

    async def __call__(self) -> dict[str, Any]:
        if not self.left and self.then:
            return await self.then()
        self.left -= 1
        self.taken += 1
        return {"type": "http.request", "body": b" " * self.size, "more_body": self.left > 0 or bool(self.then)}


def receive_with(receiver: Receiver, key: str = "key") -> list[dict[str, Any]]:
    headers = [(b"authorization", f"Bearer {key}".encode()), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    sent: list[dict[str, Any]] = []

    async def collect(message: Any) -> None:
        sent.append(dict(message))

    asyncio.run(ENDPOINT(scope, receiver, collect))
    return sent


def test_a_body_over_the_limit_is_refused_before_the_rest_of_it_is_taken() -> None:
    receiver = Receiver(chunks=1_000, size=50_000)

    start, body = receive_with(receiver)

    assert start["status"] == 413
    assert receiver.taken == 5
    assert b"body_bytes_max = 200000" in body["body"]
    assert (b"connection", b"close") in start["headers"]


def test_a_client_that_goes_away_is_not_answered(caplog: pytest.LogCaptureFixture) -> None:
    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    assert receive_with(Receiver(chunks=1, size=10, then=gone)) == []
    assert not caplog.records


# Who asks


def test_a_request_without_a_key_is_refused_before_its_body_is_read() -> None:
    receiver = Receiver(chunks=1, size=10)

    start, body = receive_with(receiver, key="other")

    assert start["status"] == 401
    assert (b"www-authenticate", b"Bearer") in start["headers"]
    assert receiver.taken == 0
    assert json.loads(body["body"]) == {
        "errors": [
            {
                "message": "Send an API key as `Authorization: Bearer ...`.",
                "extensions": {"code": "UNAUTHENTICATED"},
            }
        ]
    }


@pytest.mark.parametrize("accept", [NEW, OLD])
def test_a_key_may_be_refused_with_another_status(accept: str) -> None:
    response = send(json={"query": "{ hello }"}, headers={"Authorization": "Bearer blocked", "Accept": accept})

    assert response.status_code == 403
    assert response.headers["content-type"].startswith(accept)
    assert code_of(response) == "FORBIDDEN"


def test_the_resolvers_know_who_asks() -> None:
    assert ask("{ who }").json() == {"data": {"who": "the key's owner"}}


# Statuses and codes of what GraphQL refuses

REQUEST_ERRORS = {
    "bad syntax": ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
    "an unknown field": ({"query": "{ nope }"}, "GRAPHQL_VALIDATION_FAILED"),
    "a literal of another type": ({"query": "{ hello(name: 1) }"}, "GRAPHQL_VALIDATION_FAILED"),
    "a missing variable": ({"query": "query($n: String!) { hello(name: $n) }"}, "BAD_USER_INPUT"),
    "a variable of another type": (
        {"query": "query($n: String!) { hello(name: $n) }", "variables": {"n": 1}},
        "BAD_USER_INPUT",
    ),
    "a variable that its scalar refuses": (
        {"query": "query($n: Picky!) { picky(value: $n) }", "variables": {"n": 1}},
        "BAD_USER_INPUT",
    ),
    "an unknown operation": ({"query": "query A { hello }", "operationName": "B"}, "OPERATION_RESOLUTION_FAILURE"),
    "no operation": ({"query": "fragment A on Query { hello }"}, "OPERATION_RESOLUTION_FAILURE"),
    "a choice of operations": ({"query": "query A { hello } query B { hello }"}, "OPERATION_RESOLUTION_FAILURE"),
    "a subscription": ({"query": "subscription { ticks }"}, "OPERATION_NOT_SUPPORTED"),
    "too deep": ({"query": "{ thing" * 21 + "}" * 21}, "LIMIT_EXCEEDED"),
    "a type definition": ({"query": "type A { a: Int } query { hello }"}, "GRAPHQL_VALIDATION_FAILED"),
}


@pytest.mark.parametrize(("parameters", "code"), REQUEST_ERRORS.values(), ids=REQUEST_ERRORS)
def test_what_is_not_executed_has_no_data_and_a_status_of_its_media_type(parameters: dict[str, Any], code: str) -> None:
    new = send(json=parameters, headers={"Accept": NEW})
    old = send(json=parameters, headers={"Accept": OLD})

    assert (new.status_code, old.status_code) == (400, 200)
    assert code_of(new) == code_of(old) == code


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "Expected value of non-null type 'String!' not to be null."),
        (True, "String cannot represent a non string value: true"),
        ({"None": [False, "True"]}, "String cannot represent a non string value: {'None': [false, 'True']}"),
    ],
)
def test_a_value_is_quoted_as_json_has_it(value: object, words: str) -> None:
    answer = send(json={"query": "query($n: String!) { hello(name: $n) }", "variables": {"n": value}})

    assert error_of(answer)["message"].endswith(words)


def test_an_error_says_where_in_the_document_it_is() -> None:
    assert error_of(ask("{\n  nope }"))["locations"] == [{"line": 2, "column": 3}]


@pytest.mark.parametrize("query", ["{ helo }", "query($a: Strin) { hello(name: $a) }", "{ hello(nam: 1) }"])
def test_no_name_is_suggested(query: str) -> None:
    assert "Did you mean" not in ask(query).text


def test_names_are_suggested_where_the_schema_says_so() -> None:
    demo = GraphQLEndpoint(GuardedSchema(Query, suggestions=True, config=SCHEMA.config), context_for)

    assert "Did you mean 'hello'?" in ask("{ helo }", to=demo).text


def test_limits_are_those_of_the_schema() -> None:
    narrow = GraphQLEndpoint(
        GuardedSchema(Query, limits=QueryLimits(root_fields_max=1), config=SCHEMA.config), context_for
    )

    assert code_of(ask("{ hello who }", to=narrow)) == "LIMIT_EXCEEDED"


# Errors of execution


@pytest.mark.parametrize("accept", [NEW, OLD])
def test_a_known_refusal_is_told_and_the_rest_of_the_data_stays(accept: str) -> None:
    response = ask("{ hello thing { name lost } }", accept)

    assert response.status_code == 200
    assert response.json() == {
        "errors": [
            {
                "message": "Customer 'x' does not exist; check the id.",
                "locations": [{"line": 1, "column": 22}],
                "path": ["thing", "lost"],
                "extensions": {"code": "NOT_FOUND"},
            }
        ],
        "data": {"hello": "hello world", "thing": None},
    }


@pytest.mark.parametrize("field", [f'broken(text: "{CANARY}")', "nothing", "count"])
@pytest.mark.parametrize("accept", [NEW, OLD])
def test_an_unexpected_error_is_masked(field: str, accept: str) -> None:
    response = ask(f"{{ hello thing {{ {field} }} }}", accept)

    [error] = response.json()["errors"]
    assert response.status_code == 200
    assert response.json()["data"] == {"hello": "hello world", "thing": None}
    assert error["message"] == "Internal error"
    assert error["extensions"]["code"] == "INTERNAL"
    assert len(error["extensions"]["correlationId"]) == 32
    assert error["path"] == ["thing", field.partition("(")[0]]


def test_an_error_that_takes_all_data_with_it_is_still_an_answer() -> None:
    response = ask("{ required { lost } }")

    assert response.status_code == 200
    assert response.json()["data"] is None


def test_a_null_where_an_argument_takes_none_is_the_clients_fault() -> None:
    response = ask("query($n: Int) { things(first: $n) { name } }", variables={"n": None})

    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["message"].startswith("Argument 'first' has invalid value")


def test_a_null_where_an_argument_may_only_be_left_out_is_the_clients_fault() -> None:
    response = ask("query($n: String) { thing { name } greet(name: $n) }", variables={"n": None})

    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


def test_the_log_has_the_trace_of_a_masked_error_under_its_correlation_id(caplog: pytest.LogCaptureFixture) -> None:
    response = ask("{ thing { broken } }")

    [record] = caplog.records
    [error] = response.json()["errors"]
    assert record.levelno == logging.ERROR
    assert error["extensions"]["correlationId"] in record.getMessage()
    assert "builtins.RuntimeError" in record.getMessage()
    assert "caused by builtins.KeyError" in record.getMessage()
    assert "in broken" in record.getMessage()


def test_the_same_failure_of_many_nodes_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    response = ask("{ things(first: 50) { count } }")

    [record] = caplog.records
    assert len(response.json()["errors"]) == 50
    assert "(50 of this kind)" in record.getMessage()


def test_no_log_at_any_level_quotes_what_the_client_sent(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    queries = [
        f'{{ thing {{ broken(text: "{CANARY}") }} }}',
        f'{{ nope(text: "{CANARY}") }}',
        f'{{ hello(name: "{CANARY}"',
        f'query($n: Int) {{ hello(name: $n) a: hello(name: "{CANARY}") }}',
        f"query {CANARY.replace('-', '_')} {{ thing {{ nothing count }} }}",
    ]

    for query in queries:
        ask(query)
        ask("query($n: String!) { thing { broken(text: $n) } }", variables={"n": CANARY})
        ask("query($n: Int!) { things(first: $n) { name } }", variables={"n": CANARY})
    post(json.dumps({"query": CANARY, "variables": CANARY}))
    send(json={"query": "{ hello }"}, headers={"Authorization": "Bearer broken"})

    gateway_records = [record for record in caplog.records if not record.name.startswith("http")]
    assert gateway_records
    assert not [record for record in gateway_records if CANARY[-16:] in logging.Formatter().format(record)]


@pytest.mark.parametrize("accept", [NEW, OLD])
def test_a_failure_outside_of_the_resolvers_is_masked_too(accept: str) -> None:
    response = send(json={"query": "{ hello }"}, headers={"Authorization": "Bearer broken", "Accept": accept})

    assert response.status_code == 500
    assert error_of(response)["message"] == "Internal error"
    assert CANARY not in response.text


@pytest.mark.parametrize("accept", [NEW, OLD])
def test_a_failure_between_the_resolvers_is_masked_too(accept: str) -> None:
    class Broken(SchemaExtension):
        def on_execute(self) -> Iterator[None]:
            raise RuntimeError(CANARY)
            yield

    broken = GraphQLEndpoint(GuardedSchema(Query, extensions=[Broken], config=SCHEMA.config), context_for)

    response = ask("{ hello }", accept, to=broken)

    assert response.status_code == 500
    assert error_of(response)["message"] == "Internal error"


@pytest.mark.parametrize("kind", ["object", "nan", "surrogate"])
def test_a_result_that_cannot_be_written_is_masked(kind: str) -> None:
    response = ask(f'{{ unwritable(kind: "{kind}") }}')

    assert response.status_code == 500
    assert code_of(response) == "INTERNAL"


@pytest.mark.parametrize("accept", [NEW, OLD])
def test_an_answer_that_takes_too_long_is_given_up_with_the_limit_named(accept: str) -> None:
    response = ask("{ slow }", accept)

    assert response.status_code == 503
    assert code_of(response) == "TIME_LIMIT_EXCEEDED"
    assert "seconds_max = 0.5" in error_of(response)["message"]


def test_others_are_answered_while_one_waits() -> None:
    answered: list[str] = []

    async def query(client: httpx.AsyncClient, field: str) -> None:
        await client.post("/graphql", json={"query": f"{{ {field} }}"}, headers=KEY)
        answered.append(field)

    async def all_at_once() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(ENDPOINT), base_url="http://gateway") as client:
            await asyncio.gather(query(client, "slow"), query(client, "hello"), query(client, "who"))

    asyncio.run(all_at_once())

    assert answered == ["hello", "who", "slow"]
