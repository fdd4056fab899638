"""Acme passes the suite that every provider passes."""

from collections.abc import Iterator

import pytest
from gateway.plugin_api import BillingProvider
from gateway.testing import BillingProviderConformance, Failure, FakeHost

from fake_acme import API_KEY, FakeAcme, serving
from gateway_acme import AcmeProvider, AcmeSettings


class TestAcme(BillingProviderConformance):
    """Against the fake; run it against a test account too, where the real system has one."""

    failures = frozenset(Failure)
    secrets = (API_KEY,)

    @pytest.fixture
    def fake(self) -> Iterator[FakeAcme]:
        with serving(FakeAcme()) as running:
            yield running

    @pytest.fixture
    def provider(self, fake: FakeAcme, monkeypatch: pytest.MonkeyPatch) -> AcmeProvider:
        monkeypatch.setattr("gateway_acme.client.page_size", 10)
        self.fake_acme = fake
        told = {"api_key": API_KEY, "api_base": fake.url, "timeout_seconds": 5}
        return AcmeProvider("main", AcmeSettings.model_validate(told), FakeHost())

    def fail_next(self, provider: BillingProvider, failure: Failure, is_write: bool) -> None:
        self.fake_acme.fail_next(failure, is_write)

    def pay(self, provider: BillingProvider, ref: str) -> None:
        self.fake_acme.pay(ref)

    def days_to_pay(self, provider: BillingProvider, ref: str) -> int:
        return int(self.fake_acme.objects["invoices"][ref]["days_until_due"])
