"""What a provider does with webhooks, where it declares them: only the provider's own are believed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.plugin_api import (
    BillingProvider,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    ProviderError,
    WebhookAuth,
    WebhookRefused,
    WebhookRequest,
)
from gateway.plugin_guard import GuardedProvider
from gateway.testing.conformance.account import Account


class WebhookTests(Account):
    """A part of the suite."""

    def test_a_webhook_names_the_document_to_fetch(
        self, provider: BillingProvider, account: GuardedProvider, issued: ExternalDocument
    ) -> None:
        if account.capabilities.webhook_auth is None:
            return
        request = self.webhook(provider, issued.ref)
        account.verify_webhook(request)
        event = account.parse_webhook(request)
        assert (event.kind, event.ref) == (DocumentKind.INVOICE, issued.ref)
        assert account.parse_webhook(request) == event

    def test_a_webhook_that_comes_late_or_out_of_order_leads_to_what_is_true_now(
        self, provider: BillingProvider, account: GuardedProvider, issued: ExternalDocument
    ) -> None:
        if account.capabilities.webhook_auth is None:
            return
        before = self.webhook(provider, issued.ref)
        self.pay(provider, issued.ref)
        after = self.webhook(provider, issued.ref)
        first, second = account.parse_webhook(before), account.parse_webhook(after)
        assert first.id != second.id
        assert first.version <= second.version
        for event in (second, first):
            assert account.fetch(DocumentKind.INVOICE, event.ref).status is ExternalStatus.PAID

    def test_a_webhook_that_is_not_proven_is_refused(
        self, provider: BillingProvider, account: GuardedProvider, issued: ExternalDocument
    ) -> None:
        if account.capabilities.webhook_auth is None:
            return
        genuine = self.webhook(provider, issued.ref)
        for forged in _forged(genuine, account.capabilities.webhook_auth):
            with pytest.raises(WebhookRefused) as refused:
                account.verify_webhook(forged)
            assert not [secret for secret in self.secrets if secret in str(refused.value)]

    def test_a_webhook_of_garbage_is_an_error_of_ours(
        self, provider: BillingProvider, account: GuardedProvider
    ) -> None:
        if account.capabilities.webhook_auth is None:
            return
        genuine = self.webhook(provider, "whatever")
        for body in (b"", b"{}", b"[]", b"null", b"\xff\xfe", b'{"id": 7}', b"<xml/>"):
            with pytest.raises(ProviderError):
                account.parse_webhook(replace(genuine, body=body))


def _forged(genuine: WebhookRequest, auth: WebhookAuth) -> Iterator[WebhookRequest]:
    """The same with what proves it gone or wrong; with an HMAC also another body, and too late or too early."""
    yield replace(genuine, headers={})
    yield replace(genuine, headers=dict.fromkeys(genuine.headers, ""))
    for name, value in genuine.headers.items():
        if value != genuine.headers.get("content-type"):
            yield replace(genuine, headers={**genuine.headers, name: value[:-1] + ("0" if value[-1:] != "0" else "1")})
    if auth is WebhookAuth.HMAC:
        yield replace(genuine, body=genuine.body + b" ")
        yield replace(genuine, body=b"")
        yield replace(genuine, received_at=genuine.received_at + timedelta(days=1))
        yield replace(genuine, received_at=genuine.received_at - timedelta(days=1))
