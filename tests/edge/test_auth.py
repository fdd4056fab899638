"""Who may ask the API: only a bearer in the one Authorization header is looked at."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from gateway.app import Gateway, build
from gateway.core.access import Scope
from gateway.core.subscriptions.subscription import Customer
from gateway.server import create_app
from gateway.services.keys import create_key, mint_customer_token
from gateway.settings import Settings, StorageSettings

ASKED = {"query": "{ viewer { id scopes customer { key } } }"}


@pytest.fixture
def gateway(sqlite_url: str) -> Iterator[Gateway]:
    gateway = build(Settings(storage=StorageSettings(url=sqlite_url)))
    yield gateway
    gateway.close()


@pytest.fixture
def client(gateway: Gateway) -> TestClient:
    return TestClient(create_app(gateway))


@pytest.fixture
def key(gateway: Gateway) -> str:
    return create_key(gateway.installation, "test", [Scope.READ])[1]


@pytest.mark.parametrize("written", ["Bearer {}", "bearer {}", "BEARER {}", "Bearer {} "])
def test_a_bearer_is_known_however_the_scheme_is_written(client: TestClient, key: str, written: str) -> None:
    answer = client.post("/graphql", json=ASKED, headers={"Authorization": written.format(key)})

    assert answer.json()["data"]["viewer"]["scopes"] == ["READ"]


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Authorization", "{}")],
        [("Authorization", "Basic {}")],
        [("Authorization", "Bearer")],
        [("Authorization", "Bearer ")],
        [("Authorization", "Bearer {}"), ("Authorization", "Bearer {}")],
        [("Authorization", "Bearer " + "x" * 5_000)],
        [("X-Api-Key", "{}")],
        [("Cookie", "key={}")],
    ],
)
def test_anything_else_is_answered_401(client: TestClient, key: str, headers: list[tuple[str, str]]) -> None:
    sent = [(name, value.format(key)) for name, value in headers]

    answer = client.post(f"/graphql?key={key}&authorization={key}", json=ASKED, headers=sent)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_a_wrong_key_is_answered_401_and_not_repeated(client: TestClient, key: str) -> None:
    wrong = key[:-1] + ("0" if key[-1] != "0" else "1")

    answer = client.post("/graphql", json=ASKED, headers={"Authorization": f"Bearer {wrong}"})

    assert answer.status_code == 401
    assert wrong not in answer.text


def test_a_customer_token_opens_the_api_for_its_customer(gateway: Gateway, client: TestClient) -> None:
    customer = Customer("cus_1", "acme", "Acme")
    now = gateway.installation.system_clock.now()
    gateway.database.transact(lambda unit: unit.definitions.add_customer(customer, now))
    token = mint_customer_token(gateway.installation, "acme", timedelta(minutes=5))

    answer = client.post("/graphql", json=ASKED, headers={"Authorization": f"Bearer {token.text}"})

    assert answer.json()["data"]["viewer"]["customer"] == {"key": "acme"}
