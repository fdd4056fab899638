"""Receive a webhook of a provider: prove where it comes from, and keep what it says before it is answered."""

import hashlib
from dataclasses import dataclass

from gateway.core.errors import GatewayError
from gateway.core.ports.storage import UnitOfWork
from gateway.core.received_webhooks import ReceivedStatus, ReceivedWebhook
from gateway.plugin_api import BillingProvider, Permanent, WebhookEvent, WebhookRequest
from gateway.plugin_guard import guarded
from gateway.services.installation import Installation


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a webhook that is proven cannot be understood."""

    reason: str


Proof = WebhookEvent | Unreadable
"""What a webhook says that is proven to come from the provider."""


class ProofUnavailable(GatewayError):
    """The plugin cannot be asked for now; the webhook has to be sent again."""

    def __init__(self, connection: str, retry_after_seconds: int) -> None:
        super().__init__(f"Webhooks of {connection!r} cannot be checked for now")
        self.retry_after_seconds = retry_after_seconds


def prove_webhook(provider: BillingProvider, request: WebhookRequest) -> Proof:
    """What a webhook says. Raises `WebhookRefused`, and `Unsupported` if the provider sends no webhooks."""
    plugin = guarded(provider)
    plugin.verify_webhook(request)
    try:
        return plugin.parse_webhook(request)
    except Permanent as error:
        return Unreadable(str(error))


def keep_webhook(installation: Installation, connection: str, request: WebhookRequest, proof: Proof) -> bool:
    """Keep a proven webhook; False if there is nothing to keep: a repeat, or about nothing that the gateway follows.

    One that cannot be understood is parked, so that somebody sees it.
    """
    if isinstance(proof, Unreadable):
        return _keep(installation, _unreadable(connection, request, proof.reason))
    return proof.kind is not None and _keep(installation, _received(installation, connection, proof, request))


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
