"""What a connection to Acme is told in gateway.toml."""

from gateway.plugin_api import ApiSettings, PrivateUrl


class AcmeSettings(ApiSettings):
    """Settings of a connection: with `api_key`, which never prints, `days_until_due` and `timeout_seconds`."""

    api_base: PrivateUrl
    """Where the API is; plain http only within the machine, for tests."""
