"""Acme as a billing provider."""

from gateway.plugin_api import BillingProvider, hookimpl

from gateway_acme.provider import AcmeProvider
from gateway_acme.settings import AcmeSettings

__all__ = ["AcmeProvider", "AcmeSettings", "gateway_billing_providers"]


@hookimpl
def gateway_billing_providers() -> list[type[BillingProvider]]:
    """The provider called `acme`."""
    return [AcmeProvider]
