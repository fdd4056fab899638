"""A Stripe on loopback and a provider that talks to it."""

from collections.abc import Iterator
from typing import Any

import pytest
from gateway_stripe import StripeProvider, StripeSettings

from gateway.plugin_api import BillingProvider
from gateway.testing import FakeHost
from plugins.stripe.tests.fake_stripe import FakeStripe
from plugins.stripe.tests.loopback import Loopback, serving
from tests.vendors.faults import Connect


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with serving(FakeStripe()) as running:
        yield running


@pytest.fixture
def connect(loopback: Loopback) -> Connect:
    def connect(host: FakeHost | None = None, **others: Any) -> StripeProvider:
        usual = {"api_key": loopback.stripe.api_key, "webhook_secret": "whsec_fake", "api_base": loopback.url}
        settings = StripeSettings.model_validate({**usual, "timeout_seconds": 1, **others})
        return StripeProvider("main", settings, host or FakeHost())

    return connect


@pytest.fixture
def provider(connect: Connect) -> BillingProvider:
    return connect()
