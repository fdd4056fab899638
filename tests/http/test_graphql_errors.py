"""GraphQL over HTTP: every refusal and failure is a well-formed answer, and no error tells too much."""

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from strawberry.extensions import SchemaExtension

from gateway.http.graphql_http import GraphQLEndpoint
from gateway.schema.guarded_schema import GuardedSchema
from gateway.schema.limits import QueryLimits
from tests.http.asking import (
    CANARY,
    ENDPOINT,
    KEY,
    NEW,
    OLD,
    SCHEMA,
    Query,
    ask,
    code_of,
    context_for,
    error_of,
    post,
    send,
)

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
