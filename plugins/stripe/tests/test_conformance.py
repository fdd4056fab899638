"""The Stripe provider passes the suite that every provider passes."""

import json
import time
from datetime import UTC, datetime

import pytest
from gateway_stripe import StripeProvider

from gateway.plugin_api import BillingProvider, WebhookRequest
from plugins.stripe.tests.fake_stripe import signature_header
from plugins.stripe.tests.loopback import Loopback
from tests.vendors.conformance import ConformanceOverWire


class TestStripe(ConformanceOverWire):
    """Against the loopback server, whose messages keep to Stripe's contract."""

    secrets = ("sk_test_fake", "whsec_fake")

    @pytest.fixture
    def provider(self, provider: StripeProvider, loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> StripeProvider:
        monkeypatch.setattr("gateway_stripe.provider.page_size", 10)
        loopback.stripe.now = int(time.time())
        self.loopback = loopback
        return provider

    def pay(self, provider: BillingProvider, ref: str) -> None:
        self.loopback.stripe.become(self.loopback.stripe.invoices[ref], "paid")

    def days_to_pay(self, provider: BillingProvider, ref: str) -> int:
        return int(self.loopback.writes("/v1/invoices")[-1]["days_until_due"])

    def webhook(self, provider: BillingProvider, ref: str) -> WebhookRequest:
        stripe, now = self.loopback.stripe, datetime.now(UTC)
        subject = stripe.invoices.get(ref, {"object": "invoice", "id": ref})
        event = {"id": f"evt_{next(stripe.counter)}", "object": "event", "type": "invoice.updated"}
        body = json.dumps(event | {"data": {"object": subject}}).encode()
        return WebhookRequest({"stripe-signature": signature_header(body, "whsec_fake", now)}, body, now)
