"""What a connection to Stripe is told in gateway.toml."""

from gateway.plugin_api import ApiSettings, PrivateUrl, SecretStr


class StripeSettings(ApiSettings):
    """Settings of a Stripe connection."""

    api_key: SecretStr
    """A secret or restricted key that may write customers, invoices, invoice items and credit notes.

    It also has to read events and tax rates.
    """
    webhook_secret: SecretStr | None = None
    """What the endpoint's webhooks are signed with (`whsec_...`); without it none is believed."""
    api_base: PrivateUrl = "https://api.stripe.com"
    """Where Stripe's API is; another address only for tests."""
