"""Chargebee's webhooks: a user and a password prove them, and what they say is only a hint."""

import hmac
import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.plugin_api import DocumentKind, Permanent, WebhookEvent, WebhookRefused, WebhookRequest
from gateway_chargebee.mapping import invoice_ref, our_id_of, version_of
from gateway_chargebee.settings import ChargebeeSettings

repeated_for = timedelta(days=3, hours=7)
"""How long Chargebee repeats a webhook that was not taken."""
clock_difference_max = timedelta(hours=1)


def verify(request: WebhookRequest, settings: ChargebeeSettings) -> None:
    """Raise `WebhookRefused` unless user and password are ours and the event is no older than Chargebee repeats."""
    if not settings.webhook_username:
        raise WebhookRefused("webhook_username and webhook_password are not set for this connection")
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(errors="backslashreplace"), _authorization(settings)):
        raise WebhookRefused("the user or the password is another one")
    occurred_at = _occurred_at(request.body)
    if occurred_at is not None and request.received_at - occurred_at > repeated_for + clock_difference_max:
        raise WebhookRefused("the event is older than Chargebee repeats")


def parse(request: WebhookRequest) -> WebhookEvent:
    """The event's id and the invoice of ours that it is about. Raises `Permanent` if it cannot be understood."""
    try:
        event = json.loads(request.body)
        invoice = _invoice_in(event["content"])
        if invoice is None:
            return WebhookEvent(event["id"], event["event_type"])
        return WebhookEvent(
            event["id"], event["event_type"], DocumentKind.INVOICE, invoice_ref(invoice), version_of(invoice)
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Permanent(f"a Chargebee webhook could not be read: {type(error).__name__}") from error


def _invoice_in(content: dict[str, Any]) -> dict[str, Any] | None:
    """The invoice that an event carries; payments, refunds and credit notes come with theirs."""
    invoice: dict[str, Any] | None = content.get("invoice")
    return invoice if invoice and our_id_of(invoice) else None


def _authorization(settings: ChargebeeSettings) -> bytes:
    user = f"{settings.webhook_username}:{settings.webhook_password.get_secret_value()}"
    return b"Basic " + b64encode(user.encode())


def _occurred_at(body: bytes) -> datetime | None:
    """When it happened; None if it does not say so, which is then found out when it is read."""
    try:
        return datetime.fromtimestamp(json.loads(body)["occurred_at"], UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
