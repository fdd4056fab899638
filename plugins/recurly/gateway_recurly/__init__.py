"""Recurly as a billing provider."""

from gateway.plugin_api import BillingProvider, hookimpl
from gateway_recurly.provider import RecurlyProvider
from gateway_recurly.settings import RecurlySettings

__all__ = ["RecurlyProvider", "RecurlySettings", "gateway_billing_providers"]


@hookimpl
def gateway_billing_providers() -> list[type[BillingProvider]]:
    """The provider called `recurly`."""
    return [RecurlyProvider]
