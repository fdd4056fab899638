"""What a connection to Recurly is told in gateway.toml."""

from typing import Literal

from pydantic import Field

from gateway.plugin_api import PrivateUrl, ProviderSettings, SecretStr

_API_BASES = {"us": "https://v3.recurly.com", "eu": "https://v3.eu.recurly.com"}
_HOSTED_DOMAINS = {"us": "recurly.com", "eu": "eu.recurly.com"}


class RecurlySettings(ProviderSettings):
    """Settings of a Recurly connection."""

    api_key: SecretStr
    """A private API key of the site, with write access."""
    subdomain: str = Field(pattern="^[a-z0-9][a-z0-9-]*$", max_length=100)
    """The site's name: `acme` of acme.recurly.com."""
    webhook_secret: SecretStr | None = None
    """The secret key of the webhook endpoint; without it every webhook is refused."""
    region: Literal["us", "eu"] = "us"
    """Where the site's data is kept."""
    days_until_due: int = Field(default=30, ge=0, le=365)
    """When an invoice is to be paid, counted from the day it is made at Recurly."""
    timeout_seconds: int = Field(default=20, ge=1, le=60)
    """How long one request may take before its outcome counts as unknown."""
    api_base: PrivateUrl = ""
    """Where Recurly's API is, if not where the region says; another address only for tests."""

    @property
    def api_url(self) -> str:
        """Where requests go."""
        return self.api_base or _API_BASES[self.region]

    @property
    def hosted_url(self) -> str:
        """Where the site's customers see their invoices."""
        return f"https://{self.subdomain}.{_HOSTED_DOMAINS[self.region]}"
