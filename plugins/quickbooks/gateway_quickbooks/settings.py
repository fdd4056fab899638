"""What a connection to QuickBooks Online is told in gateway.toml."""

from typing import Literal

from pydantic import Field

from gateway.plugin_api import PrivateUrl, ProviderSettings, SecretStr

_API_BASES = {"production": "https://quickbooks.api.intuit.com", "sandbox": "https://sandbox-quickbooks.api.intuit.com"}
_TOKEN_BASE = "https://oauth.platform.intuit.com"  # noqa: S105 - an address, no secret
_TOKEN_PATH = "/oauth2/v1/tokens/bearer"  # noqa: S105


class QuickBooksSettings(ProviderSettings):
    """Settings of a connection to the books of one QuickBooks Online company."""

    client_id: str = Field(min_length=1, max_length=255)
    """The client id of your app at Intuit."""
    client_secret: SecretStr
    """The app's client secret."""
    refresh_token: SecretStr
    """The refresh token that an administrator's consent gave: a start, which the gateway's own replaces at once."""
    realm_id: str = Field(pattern="^[0-9]+$", max_length=30)
    """The company's id: the realm id of the consent."""
    home_currency: str = Field(pattern="^[A-Z]{3}$")
    """The company's home currency, such as `USD`."""
    environment: Literal["production", "sandbox"] = "production"
    """Whether the company is a real one, or a sandbox of a developer's."""
    minor_version: int = Field(default=75, ge=75, le=999)
    """The minor version of the API."""
    timeout_seconds: int = Field(default=20, ge=1, le=60)
    """How long one request may take before its outcome counts as unknown."""
    api_base: PrivateUrl = ""
    """Where the API and its tokens are, if not at Intuit; another address only for tests."""

    @property
    def company_url(self) -> str:
        """Where requests about the company go."""
        return f"{self.api_base or _API_BASES[self.environment]}/v3/company/{self.realm_id}"

    @property
    def token_url(self) -> str:
        """Where tokens come from."""
        return f"{self.api_base or _TOKEN_BASE}{_TOKEN_PATH}"
