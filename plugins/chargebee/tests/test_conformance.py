"""The Chargebee provider passes the suite that every provider passes."""

import time
from base64 import b64encode

import pytest
from gateway_chargebee import ChargebeeProvider

from gateway.plugin_api import BillingProvider, WebhookRequest
from gateway.testing import BillingProviderConformance, Failure
from plugins.chargebee.tests.connecting import Chargebee, webhook_about
from tests.vendors.loopback import Fault

_FAULTS = {
    Failure.THROTTLED: Fault.THROTTLED,
    Failure.UNAUTHORIZED: Fault.UNAUTHORIZED,
    Failure.REJECTED: Fault.REJECTED,
    Failure.LOST_REQUEST: Fault.LOST_REQUEST,
    Failure.LOST_ANSWER: Fault.LOST_ANSWER,
    Failure.GARBLED_ANSWER: Fault.GARBLED_ANSWER,
    Failure.SERVER_ERROR: Fault.BAD_GATEWAY,
}


class TestChargebee(BillingProviderConformance):
    """Against the loopback server, whose messages keep to Chargebee's contract."""

    failures = frozenset(Failure)
    secrets = ("test_fake_key", "hook_canary", b64encode(b"test_fake_key:").decode())

    @pytest.fixture
    def provider(
        self, provider: ChargebeeProvider, chargebee: Chargebee, monkeypatch: pytest.MonkeyPatch
    ) -> ChargebeeProvider:
        monkeypatch.setattr("gateway_chargebee.client.page_size", 10)
        chargebee.fake.now = int(time.time())
        chargebee.fake.tax_percent = 20
        self.chargebee = chargebee
        return provider

    def fail_next(self, provider: BillingProvider, failure: Failure, is_write: bool) -> None:
        if is_write:
            self.chargebee.write_fault = _FAULTS[failure]
        else:
            self.chargebee.fail_next(_FAULTS[failure])

    def pay(self, provider: BillingProvider, ref: str) -> None:
        self.chargebee.fake.pay(self.chargebee.fake.carrying(ref))

    def webhook(self, provider: BillingProvider, ref: str) -> WebhookRequest:
        return webhook_about(self.chargebee, ref)
