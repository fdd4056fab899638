"""Stripe as a billing provider."""

from gateway.plugin_api import BillingProvider, hookimpl
from gateway_stripe.provider import StripeProvider
from gateway_stripe.settings import StripeSettings

__all__ = ["StripeProvider", "StripeSettings", "gateway_billing_providers"]


@hookimpl
def gateway_billing_providers() -> list[type[BillingProvider]]:
    """The provider called `stripe`."""
    return [StripeProvider]
