"""Webhooks of Stripe: signed by the vendor's own code, verified by ours."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from gateway_stripe import StripeProvider, StripeSettings
from gateway_stripe.webhooks import parse, verify
from pydantic import SecretStr

from gateway.plugin_api import DocumentKind, Permanent, WebhookEvent, WebhookRefused, WebhookRequest
from gateway.testing import FakeHost
from plugins.stripe.tests.fake_stripe import signature_header

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECRET = "whsec_canary"


def request(subject: dict[str, Any], header: str | None = None, kind: str = "invoice.paid") -> WebhookRequest:
    body = json.dumps({"id": "evt_1", "object": "event", "type": kind, "data": {"object": subject}}).encode()
    return WebhookRequest({"stripe-signature": header or signature_header(body, SECRET, NOW)}, body, NOW)


INVOICE = {"object": "invoice", "id": "in_1"}


@pytest.mark.parametrize("age", [timedelta(0), timedelta(seconds=300), timedelta(seconds=-300)])
def test_a_signature_of_lately_is_believed(age: timedelta) -> None:
    genuine = request(INVOICE)
    verify(WebhookRequest(genuine.headers, genuine.body, NOW + age), SECRET)


def test_one_right_signature_of_several_is_enough() -> None:
    genuine = request(INVOICE)
    header = genuine.headers["stripe-signature"].replace(",v1=", ",v1=" + "0" * 64 + ",v0=canary,v1=")
    verify(request(INVOICE, header), SECRET)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=1",
        "v1=00",
        "t=,v1=00",
        "t=now,v1=00",
        "t=\N{SUPERSCRIPT TWO},v1=00",
        "t=1,t=2,v1=00",
        "t=1772323200,v1=\xe9",
    ],
)
def test_a_header_that_says_nothing_is_refused(header: str) -> None:
    with pytest.raises(WebhookRefused):
        verify(request(INVOICE, header or " "), SECRET)


@pytest.mark.parametrize("age", [timedelta(seconds=301), timedelta(seconds=-301)])
def test_an_old_signature_is_refused(age: timedelta) -> None:
    genuine = request(INVOICE)
    with pytest.raises(WebhookRefused, match="too old"):
        verify(WebhookRequest(genuine.headers, genuine.body, NOW + age), SECRET)


def test_the_signature_of_another_secret_is_refused() -> None:
    with pytest.raises(WebhookRefused, match="wrong") as refused:
        verify(request(INVOICE), "whsec_other")
    assert "canary" not in str(refused.value)


def test_without_a_secret_no_webhook_is_believed() -> None:
    settings = StripeSettings(api_key=SecretStr("sk_test"))
    with pytest.raises(WebhookRefused, match="no webhook_secret"):
        StripeProvider("main", settings, FakeHost()).verify_webhook(request(INVOICE))


@pytest.mark.parametrize(
    ("subject", "ref"),
    [
        (INVOICE, "in_1"),
        ({"object": "credit_note", "id": "cn_1", "invoice": "in_2"}, "in_2"),
        ({"object": "credit_note", "id": "cn_1", "invoice": {"id": "in_3"}}, "in_3"),
        ({"object": "invoice_payment", "id": "inpay_1", "invoice": "in_4"}, "in_4"),
    ],
)
def test_an_event_names_its_invoice(subject: dict[str, Any], ref: str) -> None:
    assert parse(request(subject)) == WebhookEvent("evt_1", "invoice.paid", DocumentKind.INVOICE, ref)


@pytest.mark.parametrize("subject", [{"object": "customer", "id": "cus_1"}, {"object": "charge", "invoice": None}])
def test_an_event_about_nothing_that_is_followed_says_so(subject: dict[str, Any]) -> None:
    assert parse(request(subject, kind="customer.updated")) == WebhookEvent("evt_1", "customer.updated")


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{}", b'{"data": 7}', b'{"data": {"object": {}}}', b"\xff"])
def test_what_is_no_event_cannot_be_understood(body: bytes) -> None:
    with pytest.raises(Permanent, match="no event of Stripe's"):
        parse(WebhookRequest({}, body, NOW))
