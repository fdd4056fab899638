"""The Stripe provider passes the suite that every provider passes."""

import json
import time
from datetime import UTC, datetime

import pytest
from gateway_stripe import StripeProvider

from gateway.plugin_api import BillingProvider, WebhookRequest
from gateway.testing import BillingProviderConformance, Failure
from plugins.stripe.tests.fake_stripe import signature_header
from plugins.stripe.tests.loopback import Fault, Loopback

_FAULTS = {
    Failure.THROTTLED: Fault.THROTTLED,
    Failure.UNAUTHORIZED: Fault.UNAUTHORIZED,
    Failure.REJECTED: Fault.REJECTED,
    Failure.LOST_REQUEST: Fault.LOST_REQUEST,
    Failure.LOST_ANSWER: Fault.LOST_ANSWER,
    Failure.GARBLED_ANSWER: Fault.GARBLED_ANSWER,
    Failure.SERVER_ERROR: Fault.BAD_GATEWAY,
}


class TestStripe(BillingProviderConformance):
    """Against the loopback server, whose messages keep to Stripe's contract."""

    failures = frozenset(Failure)
    secrets = ("sk_test_fake", "whsec_fake")

    @pytest.fixture
    def provider(self, provider: StripeProvider, loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> StripeProvider:
        monkeypatch.setattr("gateway_stripe.provider.page_size", 10)
        loopback.stripe.now = int(time.time())
        self.loopback = loopback
        return provider

    def fail_next(self, provider: BillingProvider, failure: Failure, is_write: bool) -> None:
        if is_write:
            self.loopback.write_fault = _FAULTS[failure]
        else:
            self.loopback.fail_next(_FAULTS[failure])

    def pay(self, provider: BillingProvider, ref: str) -> None:
        self.loopback.stripe.become(self.loopback.stripe.invoices[ref], "paid")

    def webhook(self, provider: BillingProvider, ref: str) -> WebhookRequest:
        stripe, now = self.loopback.stripe, datetime.now(UTC)
        subject = stripe.invoices.get(ref, {"object": "invoice", "id": ref})
        event = {"id": f"evt_{next(stripe.counter)}", "object": "event", "type": "invoice.updated"}
        body = json.dumps(event | {"data": {"object": subject}}).encode()
        return WebhookRequest({"stripe-signature": signature_header(body, "whsec_fake", now)}, body, now)
