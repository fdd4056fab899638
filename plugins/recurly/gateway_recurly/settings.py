"""What a connection to Recurly is told in gateway.toml."""

from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from gateway.plugin_api import ProviderSettings, SecretStr

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
    api_base: str = ""
    """Where Recurly's API is, if not where the region says; another address only for tests."""

    @field_validator("api_base")
    @classmethod
    def _is_private(cls, url: str) -> str:
        """Keep the key off the open network."""
        address = urlsplit(url)
        is_local = address.scheme == "http" and _is_loopback(address.hostname or "")
        if url and address.scheme != "https" and not is_local:
            raise ValueError("must begin with https://, or be a loopback address")
        return url.rstrip("/")

    @property
    def api_url(self) -> str:
        """Where requests go."""
        return self.api_base or _API_BASES[self.region]

    @property
    def hosted_url(self) -> str:
        """Where the site's customers see their invoices."""
        return f"https://{self.subdomain}.{_HOSTED_DOMAINS[self.region]}"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
