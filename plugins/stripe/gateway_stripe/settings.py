"""What a connection to Stripe is told in gateway.toml."""

from pydantic import Field

from gateway.plugin_api import PrivateUrl, ProviderSettings, SecretStr


class StripeSettings(ProviderSettings):
    """Settings of a Stripe connection."""

    api_key: SecretStr
    """A secret or restricted key that may write customers, invoices, invoice items and credit notes.

    It also has to read events and tax rates.
    """
    webhook_secret: SecretStr | None = None
    """What the endpoint's webhooks are signed with (`whsec_...`); without it none is believed."""
    days_until_due: int = Field(default=30, ge=0, le=365)
    """When an invoice is to be paid, counted from the day it is made at Stripe."""
    timeout_seconds: int = Field(default=20, ge=1, le=60)
    """How long one request may take before its outcome counts as unknown."""
    api_base: PrivateUrl = "https://api.stripe.com"
    """Where Stripe's API is; another address only for tests."""
