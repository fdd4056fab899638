"""What a connection to Stripe is told in gateway.toml."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from gateway.plugin_api import ProviderSettings, SecretStr


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
    api_base: str = "https://api.stripe.com"
    """Where Stripe's API is; another address only for tests."""

    @field_validator("api_base")
    @classmethod
    def _is_private(cls, url: str) -> str:
        """Keep the key off the open network."""
        address = urlsplit(url)
        is_local = address.scheme == "http" and _is_loopback(address.hostname or "")
        if address.scheme != "https" and not is_local:
            raise ValueError("must begin with https://, or be a loopback address")
        return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
