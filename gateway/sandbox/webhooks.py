"""The sandbox's webhooks: JSON, signed with an HMAC over the time and the raw body."""

import hashlib
import hmac
import json
from datetime import datetime

from gateway.plugin_api import DocumentKind, Permanent, WebhookEvent, WebhookRefused, WebhookRequest

HEADER = "sandbox-signature"
tolerance_seconds = 300


def signed(ref: str, version: int, at: datetime, secret: str) -> WebhookRequest:
    """A webhook that says that a document has changed."""
    body = json.dumps(
        {"id": f"evt_{ref}_{version}", "type": "changed", "ref": ref, "version": f"{version:08}"}
    ).encode()
    seconds = int(at.timestamp())
    return WebhookRequest({HEADER: f"{seconds},{_signature(seconds, body, secret)}"}, body, at)


def verify(request: WebhookRequest, secret: str) -> None:
    """Raise `WebhookRefused` unless the signature is right and recent."""
    seconds, _, signature = request.headers.get(HEADER, "").partition(",")
    if not seconds.isdecimal() or not hmac.compare_digest(_signature(int(seconds), request.body, secret), signature):
        raise WebhookRefused("the signature is wrong")
    if abs(request.received_at.timestamp() - int(seconds)) > tolerance_seconds:
        raise WebhookRefused("the signature is too old")


def parse(request: WebhookRequest) -> WebhookEvent:
    """What a webhook says. Raises `Permanent` if it says nothing that the sandbox would."""
    try:
        said = json.loads(request.body)
        return WebhookEvent(said["id"], said["type"], DocumentKind.INVOICE, said["ref"], said["version"])
    except (ValueError, KeyError, TypeError):
        raise Permanent("The webhook is none of the sandbox's") from None


def _signature(seconds: int, body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), b"%d." % seconds + body, hashlib.sha256).hexdigest()
