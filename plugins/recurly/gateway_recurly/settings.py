"""What a connection to Recurly is told in gateway.toml."""

from typing import Literal

from pydantic import Field

from gateway.plugin_api import ApiSettings, PrivateUrl, SecretStr

_API_BASES = {"us": "https://v3.recurly.com", "eu": "https://v3.eu.recurly.com"}
_HOSTED_DOMAINS = {"us": "recurly.com", "eu": "eu.recurly.com"}


class RecurlySettings(ApiSettings):
    """Settings of a Recurly connection."""

    api_key: SecretStr
    """A private API key of the site, with write access."""
    subdomain: str = Field(pattern="^[a-z0-9][a-z0-9-]*$", max_length=100)
    """The site's name: `acme` of acme.recurly.com."""
    webhook_secret: SecretStr | None = None
    """The secret key of the webhook endpoint; without it every webhook is refused."""
    region: Literal["us", "eu"] = "us"
    """Where the site's data is kept."""
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
