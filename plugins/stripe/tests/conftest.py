"""A Stripe on loopback and a provider that talks to it."""

from collections.abc import Iterator

import pytest
from gateway_stripe import StripeProvider, StripeSettings
from pydantic import SecretStr

from gateway.testing import FakeHost
from plugins.stripe.tests.fake_stripe import FakeStripe
from plugins.stripe.tests.loopback import Loopback, serving


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with serving(FakeStripe()) as running:
        yield running


@pytest.fixture
def provider(loopback: Loopback) -> StripeProvider:
    settings = StripeSettings(
        api_key=SecretStr(loopback.stripe.api_key),
        webhook_secret=SecretStr("whsec_fake"),
        api_base=loopback.url,
        timeout_seconds=1,
    )
    return StripeProvider("main", settings, FakeHost())
