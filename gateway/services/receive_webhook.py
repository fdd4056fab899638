"""Receive a webhook of a provider: prove where it comes from, and keep what it says before it is answered."""

import hashlib

from gateway.core.ports.storage import UnitOfWork
from gateway.core.received_webhooks import ReceivedStatus, ReceivedWebhook
from gateway.plugin_api import BillingProvider, Permanent, WebhookEvent, WebhookRequest
from gateway.plugin_guard import guarded
from gateway.services.installation import Installation


def receive_webhook(
    installation: Installation, connection: str, provider: BillingProvider, request: WebhookRequest
) -> bool:
    """Keep a webhook; False if there is nothing to keep: a repeat, or about nothing that the gateway follows.

    One that is proven and cannot be understood is parked, so that somebody sees it. Raises `WebhookRefused`, and
    `Unsupported` if the provider sends no webhooks.
    """
    proven = guarded(provider)
    proven.verify_webhook(request)
    try:
        event = proven.parse_webhook(request)
    except Permanent as error:
        return _keep(installation, _unreadable(connection, request, str(error)))
    return event.kind is not None and _keep(installation, _received(installation, connection, event, request))


def retry_webhook(installation: Installation, connection: str, event_id: str) -> ReceivedWebhook:
    """Try a parked webhook again. Raises `NotFound`, `IllegalTransition` as `ReceivedWebhook.again`."""
    now = installation.system_clock.now()

    def retry(unit: UnitOfWork) -> ReceivedWebhook:
        again = unit.received.lock(connection, event_id).again(now)
        unit.received.put(again)
        return again

    return installation.storage.transact(retry)


def _keep(installation: Installation, webhook: ReceivedWebhook) -> bool:
    return installation.storage.transact(lambda unit: unit.received.add(webhook))


def _received(
    installation: Installation, connection: str, event: WebhookEvent, request: WebhookRequest
) -> ReceivedWebhook:
    now = installation.system_clock.now()
    return ReceivedWebhook(connection, event.id, event.type, event.kind, event.ref, request.received_at, due_at=now)


def _unreadable(connection: str, request: WebhookRequest, reason: str) -> ReceivedWebhook:
    name = f"unreadable-{hashlib.sha256(request.body).hexdigest()[:32]}"
    unknown = ReceivedWebhook(connection, name, "unreadable", None, "", request.received_at)
    return unknown.settled(ReceivedStatus.PARKED, reason)
