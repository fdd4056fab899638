"""The Recurly provider passes the suite that every provider passes."""

import time
from datetime import UTC, datetime

import pytest
from gateway_recurly import RecurlyProvider

from gateway.plugin_api import BillingProvider, WebhookRequest
from gateway.testing import BillingProviderConformance, Failure
from plugins.recurly.tests.conftest import SECRET
from plugins.recurly.tests.fake_recurly import FakeRecurly, Loopback, signature_header
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


class TestRecurly(BillingProviderConformance):
    """Against the loopback server, whose messages keep to Recurly's contract."""

    failures = frozenset(Failure)
    secrets = (FakeRecurly.api_key, SECRET)

    @pytest.fixture
    def provider(
        self, provider: RecurlyProvider, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
    ) -> RecurlyProvider:
        monkeypatch.setattr("gateway_recurly.provider.page_size", 10)
        loopback.fake.now = int(time.time())
        self.loopback = loopback
        return provider

    def fail_next(self, provider: BillingProvider, failure: Failure, is_write: bool) -> None:
        if is_write:
            self.loopback.write_fault = _FAULTS[failure]
        else:
            self.loopback.fail_next(_FAULTS[failure])

    def pay(self, provider: BillingProvider, ref: str) -> None:
        self.loopback.fake.pay(self.loopback.fake.invoice(ref))

    def webhook(self, provider: BillingProvider, ref: str) -> WebhookRequest:
        now = datetime.now(UTC)
        body = self.loopback.fake.webhook(ref.removeprefix("number-"), "updated")
        return WebhookRequest({"recurly-signature": signature_header(body, SECRET, now)}, body, now)
