"""What a connection to Chargebee may be told."""

import pytest
from gateway_chargebee import ChargebeeSettings
from pydantic import ValidationError

NEEDED = {"site": "acme-test", "api_key": "test_canary"}


def test_site_and_key_are_enough() -> None:
    settings = ChargebeeSettings.model_validate(NEEDED)
    assert (settings.days_until_due, settings.api_base) == (30, "")
    assert settings.portal == "https://acme-test.chargebeeportal.com/"


def test_secrets_are_never_printed() -> None:
    proof = {"webhook_username": "gateway", "webhook_password": "hook_canary"}
    settings = ChargebeeSettings.model_validate(NEEDED | proof)
    assert "canary" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    "url", ["http://acme.chargebee.com", "http://10.0.0.1", "ftp://127.0.0.1", "http://localhost.x"]
)
def test_the_key_is_sent_over_tls_or_within_the_machine_only(url: str) -> None:
    with pytest.raises(ValidationError, match="api_base"):
        ChargebeeSettings.model_validate(NEEDED | {"api_base": url})


@pytest.mark.parametrize("url", ["http://127.0.0.1:80", "http://localhost", "http://[::1]:1", "https://cb.example/"])
def test_another_address_serves_tests(url: str) -> None:
    assert ChargebeeSettings.model_validate(NEEDED | {"api_base": url}).api_base == url.rstrip("/")


@pytest.mark.parametrize("site", ["", "https://acme.chargebee.com", "acme/../x", "acme.evil.example", "Acme"])
def test_a_site_is_a_name_and_no_address(site: str) -> None:
    with pytest.raises(ValidationError, match="site"):
        ChargebeeSettings.model_validate(NEEDED | {"site": site})


@pytest.mark.parametrize("given", ["webhook_username", "webhook_password"])
def test_user_and_password_of_webhooks_go_together(given: str) -> None:
    with pytest.raises(ValidationError, match="webhook_username and webhook_password go together") as refused:
        ChargebeeSettings.model_validate(NEEDED | {given: "hook_canary"})
    assert "canary" not in str(refused.value)


def test_customers_pay_where_the_company_says() -> None:
    settings = ChargebeeSettings.model_validate(NEEDED | {"pay_url": "https://pay.acme.example/"})
    assert settings.portal == "https://pay.acme.example/"
    with pytest.raises(ValidationError, match="pay_url"):
        ChargebeeSettings.model_validate(NEEDED | {"pay_url": "http://pay.acme.example/"})


@pytest.mark.parametrize("name", ["apikey", "api_version", "retries"])
def test_an_unknown_setting_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        ChargebeeSettings.model_validate(NEEDED | {name: "x"})
