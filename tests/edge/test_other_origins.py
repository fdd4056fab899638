"""Pages of other origins may ask the gateway from a browser where the settings name them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from gateway.app import Gateway, build
from gateway.server import create_app
from gateway.settings import HttpSettings, Settings, StorageSettings

OURS = "https://app.example.com"


@pytest.fixture
def gateway(sqlite_url: str) -> Iterator[Gateway]:
    settings = Settings(storage=StorageSettings(url=sqlite_url), http=HttpSettings(allowed_origins=(OURS,)))
    gateway = build(settings)
    yield gateway
    gateway.close()


@pytest.mark.parametrize(
    "origin", ["*", "app.example.com", "https://app.example.com/", "https://App.example.com", "null"]
)
def test_only_what_a_browser_sends_as_an_origin_can_be_named(origin: str) -> None:
    with pytest.raises(ValidationError, match="must be an origin as browsers send it"):
        HttpSettings(allowed_origins=(origin,))


def preflight(client: TestClient, path: str, origin: str) -> tuple[int, str | None]:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = client.options(path, headers=headers)
    return answer.status_code, answer.headers.get("access-control-allow-origin")


@pytest.mark.parametrize("path", ["/graphql", "/v1/documents/INV-000001.pdf", "/v1/events"])
def test_a_browser_may_ask_for_a_page_of_a_named_origin_and_of_no_other(gateway: Gateway, path: str) -> None:
    client = TestClient(create_app(gateway))

    assert preflight(client, path, OURS) == (200, OURS)
    assert preflight(client, path, "https://evil.example") == (400, None)


def test_such_a_page_can_read_answers_and_refusals(gateway: Gateway) -> None:
    client = TestClient(create_app(gateway))

    answer = client.post("/graphql", json={"query": "{ __typename }"}, headers={"Origin": OURS})
    stranger = client.post("/graphql", json={"query": "{ __typename }"}, headers={"Origin": "https://evil.example"})

    assert answer.headers["access-control-allow-origin"] == OURS
    assert "access-control-allow-credentials" not in answer.headers
    assert "access-control-allow-origin" not in stranger.headers


def test_without_the_setting_browsers_keep_answers_from_other_pages(gateway: Gateway) -> None:
    closed = gateway.settings.model_copy(update={"http": HttpSettings()})
    client = TestClient(create_app(replace(gateway, settings=closed)))

    assert preflight(client, "/graphql", OURS)[1] is None
