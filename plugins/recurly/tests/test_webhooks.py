"""Which webhooks are believed, and what they are about."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from gateway_recurly import RecurlyProvider

from gateway.plugin_api import DocumentKind, Permanent, WebhookRefused, WebhookRequest
from plugins.recurly.tests.conftest import SECRET
from plugins.recurly.tests.fake_recurly import FakeRecurly, signature_header
from tests.vendors.faults import Connect

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
BODY = FakeRecurly().webhook("1001", "paid")


def request(header: str, body: bytes = BODY, at: datetime = NOW) -> WebhookRequest:
    return WebhookRequest({"recurly-signature": header}, body, at)


@pytest.mark.parametrize("unit", [1, 1000], ids=["seconds", "milliseconds"])
@pytest.mark.parametrize("age", [-299, 0, 299])
def test_a_signature_over_the_bytes_and_the_time_is_believed(provider: RecurlyProvider, unit: int, age: int) -> None:
    header = signature_header(BODY, SECRET, NOW - timedelta(seconds=age), unit)
    provider.verify_webhook(request(header))


def test_one_of_two_signatures_is_enough_while_a_secret_changes(provider: RecurlyProvider) -> None:
    timestamp, ours = signature_header(BODY, SECRET, NOW).split(",")
    other = signature_header(BODY, "old secret", NOW).split(",")[1]
    for header in (f"{timestamp},{other},{ours}", f"{timestamp},{ours},{other}", f"{timestamp}, {ours}"):
        provider.verify_webhook(request(header))


GENUINE = signature_header(BODY, SECRET, NOW)


@pytest.mark.parametrize(
    "forged",
    [
        request(""),
        request(","),
        request(GENUINE.partition(",")[0]),
        request(GENUINE.partition(",")[2]),
        request(GENUINE[:-1]),
        request(GENUINE.replace(",", "9,")),
        request(GENUINE, BODY + b" "),
        request(GENUINE, b""),
        request(GENUINE, at=NOW + timedelta(seconds=301)),
        request(GENUINE, at=NOW - timedelta(seconds=301)),
        request(signature_header(BODY, "another secret", NOW)),
        request(signature_header(BODY, "", NOW)),
        request("1777636800000,\u00e9\u00e9"),
        request("\u0661\u0662\u0663," + "0" * 64),
        request(signature_header(BODY, SECRET, NOW, 10**9)),
        WebhookRequest({}, BODY, NOW),
    ],
)
def test_what_is_not_proven_is_refused_and_not_quoted(provider: RecurlyProvider, forged: WebhookRequest) -> None:
    with pytest.raises(WebhookRefused) as refused:
        provider.verify_webhook(forged)
    assert SECRET not in str(refused.value)
    assert "1001" not in str(refused.value)


def test_without_a_secret_nothing_is_believed(connect: Connect) -> None:
    with pytest.raises(WebhookRefused, match="webhook_secret"):
        connect(webhook_secret=None).verify_webhook(request(GENUINE))


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ("charge_invoice", DocumentKind.INVOICE),
        ("invoice", DocumentKind.INVOICE),
        ("payment", DocumentKind.INVOICE),
        ("credit_invoice", DocumentKind.CREDIT_NOTE),
    ],
)
def test_an_event_about_an_invoice_names_it(provider: RecurlyProvider, kind: str, about: DocumentKind) -> None:
    event = provider.parse_webhook(request("", FakeRecurly().webhook("1001", "updated", kind)))
    assert (event.type, event.kind, event.ref) == (f"{kind}.updated", about, "number-1001")


@pytest.mark.parametrize("kind", ["account", "subscription", "something_new"])
def test_an_event_about_anything_else_is_about_nothing(provider: RecurlyProvider, kind: str) -> None:
    event = provider.parse_webhook(request("", FakeRecurly().webhook("1001", "updated", kind)))
    assert (event.kind, event.ref) == (None, "")


def test_a_payment_of_no_invoice_is_about_nothing(provider: RecurlyProvider) -> None:
    body = json.dumps({"object_type": "payment", "event_type": "succeeded", "uuid": "1"}).encode()
    assert provider.parse_webhook(request("", body)).kind is None


def test_a_repeat_has_the_same_id_whatever_its_unsigned_headers_say(provider: RecurlyProvider) -> None:
    first = provider.parse_webhook(request("", BODY))
    again = WebhookRequest({"recurly-notification-id": "another"}, BODY, NOW + timedelta(days=1))
    other = provider.parse_webhook(request("", FakeRecurly(now=1).webhook("1001", "paid")))
    assert provider.parse_webhook(again).id == first.id != other.id


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"7", b"null", b"\xff", b"<xml/>", b'{"object_type": "invoice"}'])
def test_what_is_no_notification_is_permanent(provider: RecurlyProvider, body: bytes) -> None:
    with pytest.raises(Permanent):
        provider.parse_webhook(request("", body))
