"""What a connection is told in gateway.toml."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class ProviderSettings(BaseModel):
    """Base of a provider's settings: unknown names are refused; `SecretStr` fields and values in errors never print."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ApiSettings(ProviderSettings):
    """Base of the settings of a provider that is reached over HTTP, with a key."""

    api_key: SecretStr
    days_until_due: int = Field(default=30, ge=0, le=365)
    """When an invoice without `payment_days` is to be paid, counted from the day it is made there."""
    timeout_seconds: int = Field(default=20, ge=1, le=60)
    """How long one request may take before its outcome counts as unknown."""
