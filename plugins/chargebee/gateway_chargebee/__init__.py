"""Chargebee as a billing provider."""

from gateway.plugin_api import BillingProvider, hookimpl
from gateway_chargebee.provider import ChargebeeProvider
from gateway_chargebee.settings import ChargebeeSettings

__all__ = ["ChargebeeProvider", "ChargebeeSettings", "gateway_billing_providers"]


@hookimpl
def gateway_billing_providers() -> list[type[BillingProvider]]:
    """The provider called `chargebee`."""
    return [ChargebeeProvider]
