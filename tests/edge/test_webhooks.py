"""`POST /webhooks/CONNECTION`: who is believed, and what is answered."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from gateway.app import Gateway, build
from gateway.core.ports.received_webhooks import ReceivedFilter
from gateway.http import webhooks
from gateway.plugin_api import WebhookRequest
from gateway.sandbox.webhooks import signed
from gateway.server import create_app
from gateway.services.clocks import SystemClock
from gateway.settings import ConnectionSettings, Settings, StorageSettings
from gateway.storage.database import SqliteDatabase
from gateway.storage.turnstile import TurnTimedOut
from gateway.workers.supervisor import Supervisor

start_seconds_max = 60


@pytest.fixture(scope="module")
def gateway(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("webhooks")
    shutil.copyfile(sqlite_template, folder / "gateway.db")
    sandbox = ConnectionSettings.model_validate({"provider": "sandbox", "file": str(folder / "sandbox.db")})
    wrong = ConnectionSettings.model_validate({"provider": "stripe", "nothing": 1})
    storage = StorageSettings(url=f"sqlite:///{folder}/gateway.db")
    gateway = build(Settings(storage=storage, connections={"main": sandbox, "wrong": wrong}))
    yield gateway
    gateway.close()


@pytest.fixture(scope="module")
def client(gateway: Gateway) -> Iterator[TestClient]:
    """One for all: with the first webhook it starts a process."""
    with TestClient(create_app(gateway)) as client:
        yield client


def sent(ref: str = "in_1") -> WebhookRequest:
    return signed(ref, 1, SystemClock().now(), "sandbox")


def post(client: TestClient, request: WebhookRequest, connection: str = "main") -> tuple[int, Any]:
    """What is answered, sent again as providers do while nobody can tell."""
    deadline = time.monotonic() + start_seconds_max
    while (answer := posted(client, request, connection)).status_code == 503 and time.monotonic() < deadline:
        time.sleep(0.1)
    return answer.status_code, answer.json()


def posted(client: TestClient, request: WebhookRequest, connection: str = "main") -> httpx.Response:
    answer: httpx.Response = client.post(f"/webhooks/{connection}", content=request.body, headers=dict(request.headers))
    return answer


def kept(gateway: Gateway, ref: str) -> int:
    received = gateway.database.read(lambda unit: unit.received.page(ReceivedFilter(), None, 9))
    return len([each for each in received if each.ref == ref])


def test_a_webhook_is_kept_before_it_is_answered_and_once(gateway: Gateway, client: TestClient) -> None:
    request = sent()

    assert post(client, request) == (200, {"kept": True})
    assert kept(gateway, "in_1") == 1
    assert post(client, request) == (200, {"kept": False})
    assert kept(gateway, "in_1") == 1


def test_what_is_not_proven_is_refused_without_a_word_about_why(
    gateway: Gateway, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    request = sent("in_3")
    forged = WebhookRequest(request.headers, request.body.replace(b"in_3", b"in_2"), request.received_at)

    with caplog.at_level("INFO"):
        status, answer = post(client, forged)

    assert (status, answer["error"]["code"]) == (400, "WEBHOOK_REFUSED")
    assert answer["error"]["message"] == "It is not proven to come from the provider."
    assert kept(gateway, "in_2") == 0
    assert "A webhook of main is refused: the signature is wrong" in caplog.text


def test_a_connection_that_is_not_configured_is_not_found(client: TestClient) -> None:
    assert post(client, sent(), "other")[0] == 404


def test_a_connection_whose_settings_are_wrong_is_sent_to_again(client: TestClient) -> None:
    answer = posted(client, sent(), "wrong")

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "UNAVAILABLE")
    assert "nothing" not in answer.text


def test_what_cannot_be_kept_for_now_is_sent_again(
    gateway: Gateway, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = sent("in_5")
    assert post(client, request)[0] == 200

    def busy(*_: object) -> None:
        raise TurnTimedOut("another process holds the file")

    with monkeypatch.context() as patched:
        patched.setattr(SqliteDatabase, "transact", busy)
        answer = posted(client, request)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_no_plugin_is_loaded_in_the_server(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("gateway.app.load_plugins")

    assert post(client, sent("in_4"))[0] == 200


def test_only_posts_are_taken(client: TestClient) -> None:
    refused = client.get("/webhooks/main")

    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert refused.json() == {"error": {"code": "METHOD_NOT_ALLOWED", "message": "GET is not taken here; use POST."}}


def test_a_path_that_leads_nowhere_is_answered_in_json(client: TestClient) -> None:
    refused = client.post("/webhooks")

    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "NOT_FOUND")


def test_a_body_that_is_too_large_is_not_read(client: TestClient) -> None:
    huge = WebhookRequest({}, b"x" * (webhooks.body_bytes_max + 1), sent().received_at)

    assert post(client, huge)[0] == 413


def test_a_body_of_the_largest_size_is_proven(client: TestClient) -> None:
    largest = WebhookRequest({}, b"x" * webhooks.body_bytes_max, sent().received_at)

    assert post(client, largest)[0] == 400


def test_while_nobody_can_tell_the_sender_is_told_when_to_come_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Supervisor, "resting_seconds", lambda _: 3.2)

    answer = posted(client, sent())

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "4")
    assert answer.json()["error"] == {"code": "UNAVAILABLE", "message": "It cannot be taken for now; send it again."}
