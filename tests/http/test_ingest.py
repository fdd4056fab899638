"""Whatever is sent to `POST /v1/events` gets a well-formed answer that names the item and the field."""

import json
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from gateway.core.access import Caller, Scope
from gateway.core.errors import GatewayError
from gateway.http.direct import counted
from gateway.http.edge import Edge
from gateway.http.graphql_request import Unauthenticated
from gateway.http.ingest import IngestEndpoint
from gateway.http.metrics import RequestCounts
from gateway.http.protocol import protocol_with
from gateway.services.installation import Installation
from gateway.services.record_events import Recorder
from tests.http.serving import served
from tests.services.recording import define, event

KEYS = {"ingests": Scope.INGEST, "reads": Scope.READ, "rules": Scope.ADMIN}
JSON = "application/json"
bytes_max = 200_000


class Known:
    """Callers of three keys, each of one scope."""

    def remembered(self, bearer: str) -> Caller | None:
        """See `Callers.remembered`."""
        return Caller(bearer, frozenset({KEYS[bearer]})) if bearer in KEYS else None

    async def identify(self, bearer: str) -> Caller:
        """See `Callers.identify`."""
        caller = self.remembered(bearer)
        if caller is None:
            raise Unauthenticated("This key does not exist")
        return caller


@contextmanager
def asked(endpoint: IngestEndpoint, road: str) -> Iterator[httpx.Client]:
    """A client of an endpoint, alone or in a server that offers it requests directly."""
    headers = {"Authorization": "Bearer ingests"}
    if road == "application":
        yield TestClient(endpoint, headers=headers)
        return
    with (
        served(endpoint, protocol_with({b"/v1/events": endpoint.take})) as (host, port),
        httpx.Client(base_url=f"http://{host}:{port}", headers=headers) as client,
    ):
        yield client


@pytest.fixture(params=["application", "direct"])
def road(request: pytest.FixtureRequest) -> str:
    """How requests reach the endpoint."""
    return str(request.param)


@pytest.fixture
def client(sqlite_installation: Installation, road: str) -> Iterator[httpx.Client]:
    define(sqlite_installation)
    with asked(IngestEndpoint(Recorder(sqlite_installation), Known(), bytes_max), road) as client:
        yield client


def post(client: httpx.Client, body: bytes | str, media_type: str = JSON):
    return client.post("/v1/events", content=body, headers={"Content-Type": media_type})


def written(**changes: object) -> str:
    return json.dumps({**event(1), **changes})


def test_one_event_is_answered_with_its_receipt(client):
    response = post(client, written())

    assert response.status_code == 200
    assert response.json() == {
        "accepted": 1,
        "duplicate": 0,
        "conflict": 0,
        "quarantined": 0,
        "rejected": 0,
        "events": [{"outcome": "accepted", "position": 1}],
    }


def test_each_event_of_an_array_has_a_receipt_in_the_order_sent(client):
    post(client, written())

    response = post(client, json.dumps([event(2), event(1), event(3, type="unheard-of"), event(1, customer="globex")]))

    assert [one["outcome"] for one in response.json()["events"]] == ["accepted", "duplicate", "quarantined", "conflict"]
    assert response.json()["events"][1]["position"] == 1


def test_lines_and_cloudevents_are_taken(client):
    lines = "\n".join(json.dumps(event(number)) for number in (1, 2)) + "\n"
    cloud = {
        "specversion": "1.0", "id": "c-1", "source": "/cloud", "type": "call", "subject": "acme",
        "time": "2026-01-10T12:00:00Z", "data": {"bytes": 1},
    }  # fmt: skip

    accepted = [
        post(client, lines, "application/x-ndjson").json()["accepted"],
        post(client, json.dumps(cloud), "application/cloudevents+json; charset=utf-8").json()["accepted"],
        post(client, json.dumps([cloud, {**cloud, "id": "c-2"}]), "application/cloudevents-batch+json").json(),
    ]

    assert accepted[:2] == [2, 1]
    assert (accepted[2]["accepted"], accepted[2]["duplicate"]) == (1, 1)


@pytest.mark.parametrize("missing", ["source", "id", "type", "customer", "occurred_at"])
def test_a_missing_field_is_named(client, missing):
    body = event(1)
    del body[missing]

    response = post(client, json.dumps(body))

    assert response.status_code == 422
    assert missing in response.json()["events"][0]["reason"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"id": 7}, "id"),
        ({"id": ""}, "id"),
        ({"id": "x" * 256}, "id"),
        ({"occurred_at": "2026-01-10T12:00:00"}, "occurred_at"),
        ({"occurred_at": "2026-01-10"}, "occurred_at"),
        ({"occurred_at": 1768046400}, "occurred_at"),
        ({"occurred_at": "2026-01-10T23:59:60Z"}, "occurred_at"),
        ({"occurred_at": "9999-12-31T23:59:59Z"}, "occurred_at"),
        ({"properties": [1]}, "properties"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_wrong_field_is_named_and_the_others_of_the_batch_are_taken(client, changes, named):
    response = post(client, json.dumps([event(5), {**event(1), **changes}]))

    good, bad = response.json()["events"]
    assert response.status_code == 200
    assert good["outcome"] == "accepted"
    assert bad["outcome"] == "rejected"
    assert named in bad["reason"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"42",
        b'"text"',
        b"\xff\xfe",
        written().encode().replace(b"acme", b"ac\xffme"),
        b"[" * 90_000 + b"]" * 90_000,
        b'{"a":' * 30_000 + b"1" + b"}" * 30_000,
    ],
)
def test_what_is_no_event_is_refused_without_a_trace_of_us(client, body):
    response = post(client, body)

    assert response.status_code in (400, 422)
    assert "Traceback" not in response.text


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "01", "1.", ".5", "0x10", "+1", "'1'"])
def test_what_is_no_json_number_is_refused(client, value):
    response = post(client, written().replace("100", value))

    assert response.status_code in (400, 422)


def test_nesting_beyond_the_limit_is_rejected_by_item(client):
    deep = json.loads("[" * 70 + "]" * 70)

    response = post(client, json.dumps([event(1), event(2, properties={"bytes": deep})]))

    assert [one["outcome"] for one in response.json()["events"]] == ["accepted", "rejected"]
    assert "nested" in response.json()["events"][1]["reason"]


@pytest.mark.parametrize("key", ["", "nonsense", "Bearer", "Basic ingests", "Bearer unknown"])
def test_without_a_known_key_nothing_is_read(client, key):
    response = client.post("/v1/events", content=written(), headers={"Content-Type": JSON, "Authorization": key})

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json()["error"]["code"] == "UNAUTHENTICATED"


def test_a_key_without_the_scope_is_told_which_it_needs(client):
    headers = {"Content-Type": JSON, "Authorization": "Bearer reads"}

    response = client.post("/v1/events", content=written(), headers=headers)

    assert response.status_code == 403
    assert response.json()["error"]["message"] == "This needs a key with the scope 'ingest'."


def test_a_body_over_the_limit_is_refused(client):
    response = post(client, b" " * (bytes_max + 1))

    assert response.status_code == 413
    assert str(bytes_max) in response.json()["error"]["message"]


def test_a_content_length_that_is_no_number_is_refused(sqlite_installation):
    # Alone, because neither the client nor the server lets such a header come this far.
    endpoint = IngestEndpoint(Recorder(sqlite_installation), Known())
    with asked(endpoint, "application") as client:
        headers = {"Content-Type": JSON, "Content-Length": "many"}
        response = client.post("/v1/events", content=written(), headers=headers)

    assert response.status_code == 400


class Busy(GatewayError):
    code = "BUSY"


def failing(installation: Installation, error: Exception) -> IngestEndpoint:
    """An endpoint whose storage fails so."""

    class Storage:
        def submit(self, _work, _priority):
            future = Future()
            future.set_exception(error)
            return future

    return IngestEndpoint(Recorder(replace(installation, storage=Storage())), Known())


def test_a_storage_that_is_busy_asks_to_be_asked_again(sqlite_installation, road):
    with asked(failing(sqlite_installation, Busy("No turn at the database")), road) as client:
        response = post(client, written())

    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert response.json()["error"]["code"] == "BUSY"


def test_an_error_nobody_expected_is_answered_directly_as_through_the_edge(sqlite_installation, caplog):
    endpoint = failing(sqlite_installation, RuntimeError("secret words"))
    counts = RequestCounts()
    edge = Edge({"/v1/events": endpoint}, endpoint, counts)
    direct = {b"/v1/events": counted(endpoint.take, "/v1/events", counts)}
    answers = []
    for protocol in (protocol_with({}), protocol_with(direct)):
        with served(edge, protocol) as (host, port):
            headers = {"Authorization": "Bearer ingests", "Content-Type": JSON}
            answers.append(httpx.post(f"http://{host}:{port}/v1/events", content=written(), headers=headers))

    for answer in answers:
        assert answer.status_code == 500
        assert answer.json()["error"]["correlationId"] in caplog.text
        assert "secret words" not in answer.text + caplog.text
    assert answers[0].headers.keys() == answers[1].headers.keys()
    assert counts.by_route == {("/v1/events", "POST", 500): 2}


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_other_media_types_are_refused_with_those_that_work(client, media_type):
    response = post(client, written(), media_type)

    assert response.status_code == 415
    assert "application/json" in response.json()["error"]["message"]


@pytest.mark.parametrize("media_type", ["application/json", "text/plain"])
def test_a_cloud_event_in_binary_mode_is_told_to_be_structured(client, media_type):
    headers = {"Content-Type": media_type, "ce-specversion": "1.0", "ce-id": "1"}

    response = client.post("/v1/events", content='{"bytes": 1}', headers=headers)

    assert response.status_code == 415
    assert "send structured mode" in response.json()["error"]["message"]


def test_a_structured_cloud_event_may_repeat_itself_in_headers(client):
    cloud = {"specversion": "1.0", "id": "1", "source": "s", "type": "call", "subject": "acme"}
    headers = {"Content-Type": "application/cloudevents+json", "ce-specversion": "1.0"}

    response = client.post("/v1/events", content=json.dumps(cloud | {"time": "2026-01-10T12:00:00Z"}), headers=headers)

    assert response.status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_are_refused(client, method):
    response = client.request(method, "/v1/events")

    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_answered(client, body):
    assert post(client, body).status_code in (400, 422)
