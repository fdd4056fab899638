"""GraphQL over HTTP: which requests are taken, and the media type of what they are answered."""

import pytest

from tests.http.asking import NEW, OLD, ask, code_of, send


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
