"""What a connection to Stripe may be told."""

from gateway_stripe import StripeSettings

from tests.vendors.settings import SettingsOverWire


class TestStripeSettings(SettingsOverWire):
    Settings = StripeSettings
    needed = {"api_key": "sk_test_canary"}
    secrets = {"webhook_secret": "whsec_canary"}


def test_stripe_is_asked_where_it_is() -> None:
    assert StripeSettings.model_validate({"api_key": "sk_test"}).api_base == "https://api.stripe.com"
