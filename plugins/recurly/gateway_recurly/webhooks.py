"""Recurly's JSON webhooks: whether one is proven, and what it is about. XML ones are unsigned, so they are refused."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

from gateway.plugin_api import (
    DocumentKind,
    Permanent,
    SecretStr,
    WebhookEvent,
    WebhookRefused,
    WebhookRequest,
)
from gateway_recurly.refs import invoice_ref

age_max = timedelta(minutes=5)
_SIGNATURES_MAX = 8
# A time in seconds has ten digits until the year 2286; Recurly's documentation shows both.
_DIGITS_OF_SECONDS = 10
_KINDS = {
    "charge_invoice": DocumentKind.INVOICE,
    "invoice": DocumentKind.INVOICE,
    "payment": DocumentKind.INVOICE,
    "credit_invoice": DocumentKind.CREDIT_NOTE,
}


def verify(request: WebhookRequest, secret: SecretStr | None) -> None:
    """Raise `WebhookRefused` unless one of the header's signatures is ours over `time.body`, and lately made."""
    if secret is None:
        raise WebhookRefused("The connection has no webhook_secret")
    timestamp, _, signatures = request.headers.get("recurly-signature", "").partition(",")
    expected = hmac.new(
        secret.get_secret_value().encode(), timestamp.encode() + b"." + request.body, hashlib.sha256
    ).hexdigest()
    # While a secret is being changed there are two; each is compared, so that the time tells nothing.
    given = [signature.strip().encode() for signature in signatures.split(",")[:_SIGNATURES_MAX]]
    if not sum(hmac.compare_digest(expected.encode(), signature) for signature in given):
        raise WebhookRefused("The signature is not that of the connection's webhook_secret")
    if abs(request.received_at - _time(timestamp)) > age_max:
        raise WebhookRefused("The signature is too old, or from the future")


def parse(request: WebhookRequest) -> WebhookEvent:
    """What a verified webhook is about. Raises `Permanent` if it cannot be understood."""
    try:
        body = json.loads(request.body)
        what, event = str(body["object_type"]), f"{body['object_type']}.{body['event_type']}"
        number = body.get("invoice_number")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Permanent(f"The webhook is none of Recurly's JSON notifications: {type(error).__name__}") from None
    kind = _KINDS.get(what) if number else None
    # The header's id is not signed, so a caught webhook could come again under another; a repeat has the same bytes.
    repeats_as = hashlib.sha256(request.body).hexdigest()
    return WebhookEvent(repeats_as, event, kind, invoice_ref(str(number)) if kind else "")


def _time(timestamp: str) -> datetime:
    if not timestamp.isdecimal():
        raise WebhookRefused("The signature has no time")
    seconds = int(timestamp) / (1000 if len(timestamp) > _DIGITS_OF_SECONDS else 1)
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise WebhookRefused("The signature has no time") from None
