"""`POST /webhooks/CONNECTION`: who is believed, and what is answered."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from gateway.app import Gateway, build, provider_of
from gateway.core.ports.received_webhooks import ReceivedFilter
from gateway.http import webhooks
from gateway.plugin_api import WebhookRequest
from gateway.server import create_app
from gateway.settings import ConnectionSettings, Settings, StorageSettings


@pytest.fixture
def gateway(sqlite_url: str, tmp_path: Path) -> Iterator[Gateway]:
    sandbox = ConnectionSettings.model_validate({"provider": "sandbox", "file": str(tmp_path / "sandbox.db")})
    gateway = build(Settings(storage=StorageSettings(url=sqlite_url), connections={"main": sandbox}))
    yield gateway
    gateway.close()


@pytest.fixture
def client(gateway: Gateway) -> Iterator[TestClient]:
    with TestClient(create_app(gateway)) as client:
        yield client


def sent(gateway: Gateway) -> WebhookRequest:
    sandbox: Any = provider_of(gateway.settings, "main", gateway.database)
    return sandbox.webhook("in_1")


def post(client: TestClient, request: WebhookRequest, connection: str = "main") -> tuple[int, Any]:
    answer = client.post(f"/webhooks/{connection}", content=request.body, headers=dict(request.headers))
    return answer.status_code, answer.json()


def kept(gateway: Gateway) -> int:
    return len(gateway.database.read(lambda unit: unit.received.page(ReceivedFilter(), None, 9)))


def test_a_webhook_is_kept_before_it_is_answered_and_once(gateway: Gateway, client: TestClient) -> None:
    request = sent(gateway)

    assert post(client, request) == (200, {"kept": True})
    assert kept(gateway) == 1
    assert post(client, request) == (200, {"kept": False})
    assert kept(gateway) == 1


def test_what_is_not_proven_is_refused_without_a_word_about_why(gateway: Gateway, client: TestClient) -> None:
    request = sent(gateway)
    forged = WebhookRequest(request.headers, request.body.replace(b"in_1", b"in_2"), request.received_at)

    status, answer = post(client, forged)

    assert (status, answer["error"]["code"]) == (400, "WEBHOOK_REFUSED")
    assert answer["error"]["message"] == "It is not proven to come from the provider."
    assert kept(gateway) == 0


def test_a_connection_that_is_not_configured_is_not_found(gateway: Gateway, client: TestClient) -> None:
    assert post(client, sent(gateway), "other")[0] == 404


def test_a_connection_whose_settings_are_wrong_is_sent_to_again(gateway: Gateway, client: TestClient) -> None:
    request = sent(gateway)
    gateway.settings.connections["wrong"] = ConnectionSettings.model_validate({"provider": "stripe", "nothing": 1})

    status, answer = post(client, request, "wrong")

    assert (status, answer["error"]["code"]) == (503, "UNAVAILABLE")
    assert "nothing" not in answer["error"]["message"]


def test_a_plugin_with_a_fault_is_not_loaded_for_a_webhook(
    gateway: Gateway, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = sent(gateway)
    loaded: list[str] = []
    monkeypatch.setattr("gateway.server.provider_of", lambda _settings, name, _storage: loaded.append(name))
    gateway.installation.faults.tell("main", "its plugin did not load in 10 s")

    assert post(client, request)[0] == 503
    assert loaded == []


def test_only_posts_are_taken(client: TestClient) -> None:
    assert client.get("/webhooks/main").status_code == 405


def test_a_body_that_is_too_large_is_not_read(gateway: Gateway, client: TestClient) -> None:
    huge = WebhookRequest({}, b"x" * (webhooks.body_bytes_max + 1), sent(gateway).received_at)

    assert post(client, huge)[0] == 413


def test_a_plugin_that_hangs_is_not_waited_for(
    gateway: Gateway, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "seconds_max", 0.05)
    monkeypatch.setattr("gateway.server.receive_webhook", lambda *_: time.sleep(0.5))

    assert post(client, sent(gateway))[0] == 503
    assert client.get("/healthz").status_code == 200
