"""What a connection to QuickBooks may be told."""

from typing import Any

import pytest
from gateway_quickbooks import QuickBooksSettings
from pydantic import ValidationError

NEEDED = {
    "client_id": "id", "client_secret": "secret-canary", "refresh_token": "token-canary", "realm_id": "9130",
    "home_currency": "USD",
}  # fmt: skip


def settings(**others: Any) -> QuickBooksSettings:
    return QuickBooksSettings.model_validate(NEEDED | others)


def test_what_is_needed_is_enough() -> None:
    assert (settings().environment, settings().minor_version, settings().timeout_seconds) == ("production", 75, 20)


@pytest.mark.parametrize("missing", NEEDED)
def test_what_is_missing_is_named(missing: str) -> None:
    with pytest.raises(ValidationError, match=missing):
        QuickBooksSettings.model_validate({name: value for name, value in NEEDED.items() if name != missing})


def test_secrets_are_never_printed() -> None:
    told = settings()
    assert "canary" not in f"{told!r} {told} {told.model_dump()} {told.model_dump_json()}"


def test_an_error_quotes_nothing() -> None:
    with pytest.raises(ValidationError) as raised:
        settings(realm_id="realm-canary", refresh_token=["token-canary"])
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize(
    ("environment", "host"),
    [("production", "quickbooks.api.intuit.com"), ("sandbox", "sandbox-quickbooks.api.intuit.com")],
)
def test_the_environment_says_where_the_company_is(environment: str, host: str) -> None:
    told = settings(environment=environment)
    assert told.company_url == f"https://{host}/v3/company/9130"
    assert told.token_url == "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"


def test_another_address_serves_tests() -> None:
    told = settings(api_base="http://127.0.0.1:80/")
    assert told.company_url == "http://127.0.0.1:80/v3/company/9130"
    assert told.token_url == "http://127.0.0.1:80/oauth2/v1/tokens/bearer"


@pytest.mark.parametrize(
    "wrong",
    [
        {"api_base": "http://api.example"}, {"realm_id": "9130/../1"}, {"realm_id": ""}, {"home_currency": "usd"},
        {"minor_version": 74}, {"environment": "test"}, {"timeout_seconds": 0}, {"company": "x"},
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        settings(**wrong)
