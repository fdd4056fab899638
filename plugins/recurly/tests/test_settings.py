"""What a connection to Recurly may be told."""

from typing import Any

import pytest
from gateway_recurly import RecurlyProvider, RecurlySettings
from pydantic import ValidationError

from gateway.testing import FakeHost

NEEDED = {"api_key": "key-canary", "subdomain": "acme"}


def settings(**others: Any) -> RecurlySettings:
    return RecurlySettings.model_validate(NEEDED | others)


def test_key_and_subdomain_are_enough() -> None:
    assert (settings().days_until_due, settings().api_url) == (30, "https://v3.recurly.com")
    assert settings().hosted_url == "https://acme.recurly.com"


def test_a_european_site_is_at_its_own_address() -> None:
    european = settings(region="eu")
    assert (european.api_url, european.hosted_url) == ("https://v3.eu.recurly.com", "https://acme.eu.recurly.com")


def test_secrets_are_never_printed() -> None:
    told = settings(webhook_secret="secret-canary")
    provider = RecurlyProvider("main", told, FakeHost())
    shown = f"{told!r} {told} {told.model_dump()} {told.model_dump_json()} {provider!r} {vars(provider)!r}"
    assert "canary" not in shown


@pytest.mark.parametrize("missing", ["api_key", "subdomain"])
def test_what_is_missing_is_named(missing: str) -> None:
    with pytest.raises(ValidationError, match=missing):
        RecurlySettings.model_validate({name: value for name, value in NEEDED.items() if name != missing})


@pytest.mark.parametrize(
    "subdomain", ["", "Acme", "acme.recurly.com", "https://acme", "acme/", "-acme", "evil.example/#"]
)
def test_a_subdomain_is_a_name_and_no_address(subdomain: str) -> None:
    with pytest.raises(ValidationError, match="subdomain"):
        settings(subdomain=subdomain)


@pytest.mark.parametrize(
    "url", ["http://v3.recurly.com", "http://10.0.0.1", "ftp://127.0.0.1", "v3.recurly.com", "http://localhost.x"]
)
def test_the_key_is_sent_over_tls_or_within_the_machine_only(url: str) -> None:
    with pytest.raises(ValidationError, match="api_base"):
        settings(api_base=url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:80", "http://localhost", "http://[::1]:1", "https://proxy.example/"])
def test_another_address_serves_tests(url: str) -> None:
    assert settings(api_base=url).api_url == url.rstrip("/")


@pytest.mark.parametrize("name", ["apikey", "api_version", "retries"])
def test_an_unknown_setting_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        settings(**{name: "x"})
