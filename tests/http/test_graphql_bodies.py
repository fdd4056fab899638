"""GraphQL over HTTP: bodies are strict JSON of a limited size, and read only for who may ask."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.strict_json import NotStrictJson, nesting_max, read_json
from tests.http.asking import (
    ENDPOINT,
    NEW,
    OLD,
    ask,
    code_of,
    error_of,
    post,
    send,
)

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
