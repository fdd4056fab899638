"""The Chargebee provider passes the suite that every provider passes."""

import time
from base64 import b64encode

import pytest
from gateway_chargebee import ChargebeeProvider

from gateway.plugin_api import BillingProvider, WebhookRequest
from plugins.chargebee.tests.connecting import Chargebee, webhook_about
from tests.vendors.conformance import ConformanceOverWire


class TestChargebee(ConformanceOverWire):
    """Against the loopback server, whose messages keep to Chargebee's contract."""

    secrets = ("test_fake_key", "hook_canary", b64encode(b"test_fake_key:").decode())

    @pytest.fixture
    def provider(
        self, provider: ChargebeeProvider, chargebee: Chargebee, monkeypatch: pytest.MonkeyPatch
    ) -> ChargebeeProvider:
        monkeypatch.setattr("gateway_chargebee.client.page_size", 10)
        chargebee.fake.now = int(time.time())
        chargebee.fake.tax_percent = 20
        self.loopback = chargebee
        return provider

    def pay(self, provider: BillingProvider, ref: str) -> None:
        self.loopback.fake.pay(self.loopback.fake.carrying(ref))

    def days_to_pay(self, provider: BillingProvider, ref: str) -> int:
        return int(self.loopback.writes("/invoices/create_for_charge_items_and_charges")[-1]["net_term_days"])

    def webhook(self, provider: BillingProvider, ref: str) -> WebhookRequest:
        return webhook_about(self.loopback, ref)
