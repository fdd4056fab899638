"""The Stripe provider passes the suite that every provider passes."""

import time

import pytest
from gateway_stripe import StripeProvider

from gateway.testing import BillingProviderConformance
from plugins.stripe.tests.loopback import Loopback


class TestStripe(BillingProviderConformance):
    """Against the loopback server, whose messages keep to Stripe's contract."""

    @pytest.fixture
    def provider(self, provider: StripeProvider, loopback: Loopback) -> StripeProvider:
        loopback.stripe.now = int(time.time())
        return provider
