"""The Recurly provider passes the suite that every provider passes."""

import time
from datetime import UTC, datetime

import pytest
from gateway_recurly import RecurlyProvider

from gateway.plugin_api import BillingProvider, WebhookRequest
from plugins.recurly.tests.conftest import SECRET
from plugins.recurly.tests.fake_recurly import FakeRecurly, Loopback, signature_header
from tests.vendors.conformance import ConformanceOverWire


class TestRecurly(ConformanceOverWire):
    """Against the loopback server, whose messages keep to Recurly's contract."""

    secrets = (FakeRecurly.api_key, SECRET)

    @pytest.fixture
    def provider(
        self, provider: RecurlyProvider, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
    ) -> RecurlyProvider:
        monkeypatch.setattr("gateway_recurly.invoices.page_size", 10)
        loopback.fake.now = int(time.time())
        self.loopback = loopback
        return provider

    def pay(self, provider: BillingProvider, ref: str) -> None:
        self.loopback.fake.pay(self.loopback.fake.invoice(ref))

    def days_to_pay(self, provider: BillingProvider, ref: str) -> int:
        return int(self.loopback.writes("/purchases")[-1]["net_terms"])

    def webhook(self, provider: BillingProvider, ref: str) -> WebhookRequest:
        now = datetime.now(UTC)
        body = self.loopback.fake.webhook(ref.removeprefix("number-"), "updated")
        return WebhookRequest({"recurly-signature": signature_header(body, SECRET, now)}, body, now)
