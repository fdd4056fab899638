"""What a connection to Recurly may be told."""

from typing import Any

import pytest
from gateway_recurly import RecurlySettings
from pydantic import ValidationError

from tests.vendors.settings import SettingsOverWire

NEEDED = {"api_key": "key-canary", "subdomain": "acme"}


def settings(**others: Any) -> RecurlySettings:
    return RecurlySettings.model_validate(NEEDED | others)


class TestRecurlySettings(SettingsOverWire):
    Settings = RecurlySettings
    needed = NEEDED
    secrets = {"webhook_secret": "secret-canary"}


def test_a_site_is_american_unless_it_says_otherwise() -> None:
    assert settings().api_url == "https://v3.recurly.com"
    assert settings().hosted_url == "https://acme.recurly.com"


def test_a_european_site_is_at_its_own_address() -> None:
    european = settings(region="eu")
    assert (european.api_url, european.hosted_url) == ("https://v3.eu.recurly.com", "https://acme.eu.recurly.com")


@pytest.mark.parametrize(
    "subdomain", ["", "Acme", "acme.recurly.com", "https://acme", "acme/", "-acme", "evil.example/#"]
)
def test_a_subdomain_is_a_name_and_no_address(subdomain: str) -> None:
    with pytest.raises(ValidationError, match="subdomain"):
        settings(subdomain=subdomain)
