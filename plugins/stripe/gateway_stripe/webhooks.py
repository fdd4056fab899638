"""Stripe's webhooks: who sent them, and which invoice they are about (docs.stripe.com/webhooks/signature)."""

import hashlib
import hmac
import json
from typing import Any

from gateway.plugin_api import DocumentKind, Permanent, WebhookEvent, WebhookRefused, WebhookRequest

HEADER = "stripe-signature"
tolerance_seconds = 300


def verify(request: WebhookRequest, secret: str) -> None:
    """Raise `WebhookRefused` unless one of the signatures is ours and the time is recent."""
    seconds, signatures = _read_header(request.headers.get(HEADER, ""))
    expected = hmac.new(secret.encode(), b"%d." % seconds + request.body, hashlib.sha256).hexdigest()
    if not any(hmac.compare_digest(expected.encode(), each.encode()) for each in signatures):
        raise WebhookRefused("the Stripe-Signature is wrong")
    if abs(request.received_at.timestamp() - seconds) > tolerance_seconds:
        raise WebhookRefused("the Stripe-Signature is too old, or of the future")


def parse(request: WebhookRequest) -> WebhookEvent:
    """What an event says. Raises `Permanent` if it is none of Stripe's."""
    try:
        event = json.loads(request.body)
        ref = invoice_of(event["data"]["object"])
        return WebhookEvent(event["id"], event["type"], DocumentKind.INVOICE if ref else None, ref)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Permanent("The webhook is no event of Stripe's") from None


def invoice_of(subject: dict[str, Any]) -> str:
    """The invoice that an object is, or belongs to; empty for one that has none."""
    if subject["object"] == "invoice":
        return str(subject["id"])
    invoice = subject.get("invoice") or ""
    return str(invoice["id"] if isinstance(invoice, dict) else invoice)


def _read_header(header: str) -> tuple[int, list[str]]:
    parts = [part.partition("=") for part in header.split(",")]
    seconds = [value for name, _, value in parts if name == "t"]
    if len(seconds) != 1 or not (seconds[0].isascii() and seconds[0].isdecimal()):
        raise WebhookRefused("there is no Stripe-Signature")
    return int(seconds[0]), [value for name, _, value in parts if name == "v1"]
