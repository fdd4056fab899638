"""Webhooks: user and password prove them, and what they say is only a hint."""

from dataclasses import replace
from datetime import timedelta

import pytest
from gateway_chargebee import ChargebeeProvider

from gateway.plugin_api import DocumentKind, ExternalDocument, Money, Permanent, WebhookRefused
from gateway.testing import FakeHost, customer_document, invoice_document
from plugins.chargebee.tests.connecting import Chargebee, settings_for, webhook_about, webhook_of


@pytest.fixture
def issued(provider: ChargebeeProvider) -> ExternalDocument:
    customer = provider.put_customer(customer_document(), "customer")
    put = provider.put_invoice(invoice_document(customer.ref), "put")
    return provider.issue_invoice(put.ref, Money(1649, "USD"), "issue")


@pytest.mark.parametrize("user", ["gateway:", "gateway:hook_canar", "gateway:hook_canary2", ":hook_canary", "", "ü:ß"])
def test_another_user_or_password_is_refused(
    provider: ChargebeeProvider, chargebee: Chargebee, issued: ExternalDocument, user: str
) -> None:
    with pytest.raises(WebhookRefused) as refused:
        provider.verify_webhook(webhook_of(chargebee.fake.events[-1], user))
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("header", ["", "Bearer hook_canary", "Basic", "\udcff"])
def test_a_webhook_without_basic_authentication_is_refused(
    provider: ChargebeeProvider, chargebee: Chargebee, issued: ExternalDocument, header: str
) -> None:
    request = webhook_about(chargebee, issued.ref)
    with pytest.raises(WebhookRefused):
        provider.verify_webhook(replace(request, headers={"authorization": header}))


def test_without_a_password_no_webhook_is_believed(chargebee: Chargebee, issued: ExternalDocument) -> None:
    open_to_all = ChargebeeProvider(
        "main", settings_for(chargebee, webhook_username="", webhook_password=""), FakeHost()
    )
    with pytest.raises(WebhookRefused, match="webhook_password"):
        open_to_all.verify_webhook(webhook_of(chargebee.fake.events[-1], ":"))


@pytest.mark.parametrize(("age", "is_taken"), [(timedelta(days=3, hours=7), True), (timedelta(days=4), False)])
def test_a_webhook_is_taken_for_as_long_as_chargebee_repeats_it(
    provider: ChargebeeProvider, chargebee: Chargebee, issued: ExternalDocument, age: timedelta, is_taken: bool
) -> None:
    request = webhook_about(chargebee, issued.ref)
    late = replace(request, received_at=request.received_at + age)
    if is_taken:
        provider.verify_webhook(late)
    else:
        with pytest.raises(WebhookRefused, match="older"):
            provider.verify_webhook(late)


def test_events_about_an_invoice_before_and_after_it_is_closed_name_the_same_document(
    provider: ChargebeeProvider, chargebee: Chargebee, issued: ExternalDocument
) -> None:
    chargebee.fake.pay(chargebee.fake.carrying(issued.ref))
    events = [provider.parse_webhook(webhook_of(event)) for event in chargebee.fake.events]
    assert [event.type for event in events] == ["pending_invoice_created", "invoice_generated", "payment_succeeded"]
    assert {(event.kind, event.ref) for event in events} == {(DocumentKind.INVOICE, issued.ref)}
    assert [event.version for event in events] == sorted({event.version for event in events})
    assert events[-1].version == provider.fetch(DocumentKind.INVOICE, issued.ref).version


@pytest.mark.parametrize(
    "content", [{}, {"customer": {"id": "cus_1"}}, {"invoice": {"id": "CB-1", "po_number": "4711"}}]
)
def test_what_is_about_no_invoice_of_ours_names_no_document(
    provider: ChargebeeProvider, content: dict[str, object]
) -> None:
    event = {"id": "ev_1", "event_type": "customer_created", "occurred_at": 1_750_000_000, "content": content}
    parsed = provider.parse_webhook(webhook_of(event))
    assert (parsed.id, parsed.kind, parsed.ref) == ("ev_1", None, "")


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{}", b'{"content": []}', b"\xff", b'{"id": 1, "content": {}}'])
def test_what_is_no_event_is_an_error_of_ours(
    provider: ChargebeeProvider, chargebee: Chargebee, issued: ExternalDocument, body: bytes
) -> None:
    request = replace(webhook_about(chargebee, issued.ref), body=body)
    provider.verify_webhook(request)
    with pytest.raises(Permanent):
        provider.parse_webhook(request)
