"""What a connection to Stripe may be told."""

import pytest
from gateway_stripe import StripeSettings
from pydantic import ValidationError

KEY = "sk_test_canary"


def test_the_key_alone_is_enough() -> None:
    settings = StripeSettings.model_validate({"api_key": KEY})
    assert (settings.days_until_due, settings.api_base) == (30, "https://api.stripe.com")


def test_the_key_is_never_printed() -> None:
    settings = StripeSettings.model_validate({"api_key": KEY})
    assert "canary" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    "url", ["http://api.stripe.com", "http://10.0.0.1", "ftp://127.0.0.1", "", "http://localhost.x"]
)
def test_the_key_is_sent_over_tls_or_within_the_machine_only(url: str) -> None:
    with pytest.raises(ValidationError, match="api_base"):
        StripeSettings.model_validate({"api_key": KEY, "api_base": url})


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:80", "http://localhost", "http://[::1]:1", "https://stripe.example/"]
)
def test_another_address_serves_tests(url: str) -> None:
    assert StripeSettings.model_validate({"api_key": KEY, "api_base": url}).api_base == url.rstrip("/")


@pytest.mark.parametrize("name", ["apikey", "api_version", "retries"])
def test_an_unknown_setting_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        StripeSettings.model_validate({"api_key": KEY, name: "x"})
