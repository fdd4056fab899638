"""The outermost layer: health, metrics, headers, and answers to what goes wrong."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import httpx
import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.app import Gateway, build
from gateway.core.access import Scope as AccessScope
from gateway.core.connection_hold import ConnectionHold
from gateway.core.subscriptions.subscription import Customer
from gateway.http.edge import Edge
from gateway.http.metrics import RequestCounts
from gateway.server import create_app
from gateway.services.keys import create_key
from gateway.settings import Settings, StorageSettings


@pytest.fixture
def gateway(database_url: str) -> Iterator[Gateway]:
    gateway = build(Settings(storage=StorageSettings(url=database_url)))
    yield gateway
    gateway.close()


@pytest.fixture
def client(gateway: Gateway) -> Iterator[TestClient]:
    with TestClient(create_app(gateway)) as client:
        yield client


def bearer(gateway: Gateway, *scopes: AccessScope) -> dict[str, str]:
    return {"Authorization": f"Bearer {create_key(gateway.installation, 'test', scopes)[1]}"}


def metrics(client: TestClient) -> dict[str, float]:
    lines = client.get("/metrics").text.splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}


def event(number: str, kind: str = "call") -> dict[str, object]:
    return {"source": "app", "id": number, "type": kind, "customer": "acme", "occurred_at": "2026-01-01T00:00:00Z"}


def test_a_process_that_answers_is_alive(client: TestClient) -> None:
    assert (client.get("/healthz").status_code, client.get("/healthz").json()) == (200, {"status": "alive"})


def test_a_gateway_on_a_current_database_is_ready(client: TestClient) -> None:
    assert client.get("/readyz").status_code == 200


def test_a_gateway_whose_provider_refuses_the_credentials_is_ready_and_says_so(
    gateway: Gateway, client: TestClient
) -> None:
    hold = ConnectionHold.begun("The key is revoked", "set another", gateway.installation.system_clock.now())
    gateway.database.transact(lambda unit: unit.connections.set_hold("main", hold))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "held_connections": ["main"]})
    assert metrics(client)['gateway_connection_held{connection="main"}'] == 1


def test_a_gateway_without_its_schema_is_not_ready(tmp_path_factory: pytest.TempPathFactory) -> None:
    gateway = build(Settings(storage=StorageSettings(url=f"sqlite:///{tmp_path_factory.mktemp('empty')}/gateway.db")))
    client = TestClient(create_app(gateway))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "gateway migrate" in answer.json()["reason"]
    gateway.close()


def test_a_gateway_without_its_database_is_not_ready_and_says_no_more() -> None:
    url = "postgresql://user:hunter2@127.0.0.1:1/none"
    gateway = build(Settings(storage=StorageSettings(url=url)))
    client = TestClient(create_app(gateway))

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["reason"]) == (503, "The database cannot be reached")
    gateway.close()


def test_the_metrics_follow_what_is_recorded_and_projected(gateway: Gateway, client: TestClient) -> None:
    before = metrics(client)
    gateway.database.transact(
        lambda unit: (
            unit.definitions.add_customer(Customer("cus_1", "acme", "Acme"), gateway.installation.system_clock.now()),
            unit.definitions.add_event_types(["call"]),
        )
    )
    sent = [event("1"), event("2"), event("1"), event("3", "unheard-of")]

    answer = client.post("/v1/events", json=sent, headers=bearer(gateway, AccessScope.INGEST))
    gateway.projector.catch_up()
    after = metrics(client)

    assert answer.status_code == 200
    assert (before["gateway_log_head_position"], after["gateway_log_head_position"]) == (0, 2)
    assert after["gateway_projection_position"] == 2
    assert after["gateway_projection_lag_seconds"] == 0
    assert after["gateway_fsyncs_total"] > before["gateway_fsyncs_total"]
    assert after['gateway_events_total{outcome="accepted"}'] == 2
    assert after['gateway_events_total{outcome="duplicate"}'] == 1
    assert after['gateway_events_total{outcome="quarantined"}'] == 1
    assert after['gateway_http_requests_total{method="POST",route="/v1/events",status="200"}'] == 1


def test_the_lag_is_the_age_of_the_oldest_event_that_live_counts_lack(gateway: Gateway) -> None:
    gateway.database.transact(
        lambda unit: (
            unit.definitions.add_customer(Customer("cus_1", "acme", "Acme"), gateway.installation.system_clock.now()),
            unit.definitions.add_event_types(["call"]),
        )
    )
    client = TestClient(create_app(gateway))  # not entered: no projector runs
    client.post("/v1/events", json=[event("1")], headers=bearer(gateway, AccessScope.INGEST))

    shown = metrics(client)

    assert (shown["gateway_log_head_position"], shown["gateway_projection_position"]) == (1, 0)
    assert 0 < shown["gateway_projection_lag_seconds"] < timedelta(minutes=1).total_seconds()


def test_a_request_without_a_key_is_told_how_to_send_one(client: TestClient) -> None:
    answer = client.post("/v1/events", json=[event("1")])

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_key_in_the_url_is_not_looked_for(gateway: Gateway, client: TestClient) -> None:
    key = bearer(gateway, AccessScope.INGEST)["Authorization"].removeprefix("Bearer ")

    answer = client.post(f"/v1/events?key={key}&access_token={key}", json=[event("1")])

    assert answer.status_code == 401


def test_a_key_without_the_scope_is_refused(gateway: Gateway, client: TestClient) -> None:
    answer = client.post("/v1/events", json=[event("1")], headers=bearer(gateway, AccessScope.READ))

    assert answer.status_code == 403
    assert "ingest" in answer.text


def test_pages_may_load_nothing_from_elsewhere(client: TestClient) -> None:
    for path in ("/", "/static/nothing.js"):
        headers = client.get(path).headers

        assert "default-src 'none'" in headers["content-security-policy"]
        assert "http" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def answer_of(application: ASGIApp, method: str = "GET") -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://test") as client:
            return await client.request(method, "/direct")

    return asyncio.run(ask())


def raising(error: Exception) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    return application


def test_an_error_nobody_expected_is_answered_and_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    counts = RequestCounts()
    edge = Edge({"/direct": raising(RuntimeError("secret words"))}, raising(RuntimeError()), counts)

    answer = answer_of(edge)

    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "INTERNAL"
    assert answer.json()["error"]["correlationId"] in caplog.text
    assert "secret words" not in answer.text + caplog.text
    assert counts.by_route == {("/direct", "GET", 500): 1}


def test_invented_methods_and_paths_make_no_new_metrics() -> None:
    counts = RequestCounts()
    edge = Edge({}, raising(RuntimeError()), counts)

    for method in ("BREW", "WHEN"):
        answer_of(edge, method)

    assert counts.by_route == {("other", "other", 500): 2}
