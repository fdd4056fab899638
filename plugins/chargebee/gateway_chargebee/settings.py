"""What a connection to Chargebee is told in gateway.toml."""

from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from gateway.plugin_api import ApiSettings, PrivateUrl, SecretStr


class ChargebeeSettings(ApiSettings):
    """Settings of a Chargebee connection."""

    site: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=100)
    """The site's name: `acme-test` of https://acme-test.chargebee.com."""
    api_key: SecretStr
    """A full-access key of that site."""
    webhook_username: str = ""
    """The user that Chargebee's webhooks come with; without one they are refused."""
    webhook_password: SecretStr = SecretStr("")
    """The password that goes with it."""
    pay_url: str = ""
    """Where customers pay what is open; the site's own portal unless another page is named."""
    api_base: PrivateUrl = ""
    """Where Chargebee's API is; the site's own address unless another is named, which is for tests."""

    @field_validator("pay_url")
    @classmethod
    def _is_https(cls, url: str) -> str:
        if url and urlsplit(url).scheme != "https":
            raise ValueError("must begin with https://")
        return url

    @model_validator(mode="after")
    def _are_both_given(self) -> Self:
        """A user without a password would let anyone in who guesses the user."""
        if bool(self.webhook_username) != bool(self.webhook_password.get_secret_value()):
            raise ValueError("webhook_username and webhook_password go together: give both or none")
        return self

    @property
    def portal(self) -> str:
        """Where customers pay."""
        return self.pay_url or f"https://{self.site}.chargebeeportal.com/"
