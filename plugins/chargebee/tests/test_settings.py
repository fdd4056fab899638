"""What a connection to Chargebee may be told."""

import pytest
from gateway_chargebee import ChargebeeSettings
from pydantic import ValidationError

from tests.vendors.settings import SettingsOverWire

NEEDED = {"site": "acme-test", "api_key": "test_canary"}


class TestChargebeeSettings(SettingsOverWire):
    Settings = ChargebeeSettings
    needed = NEEDED
    secrets = {"webhook_username": "gateway", "webhook_password": "hook_canary"}


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
    assert ChargebeeSettings.model_validate(NEEDED).portal == "https://acme-test.chargebeeportal.com/"
    settings = ChargebeeSettings.model_validate(NEEDED | {"pay_url": "https://pay.acme.example/"})
    assert settings.portal == "https://pay.acme.example/"
    with pytest.raises(ValidationError, match="pay_url"):
        ChargebeeSettings.model_validate(NEEDED | {"pay_url": "http://pay.acme.example/"})
