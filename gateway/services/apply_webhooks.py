"""Apply webhooks that were received: fetch what each is about, and take over what the provider says of it now."""

from dataclasses import dataclass
from datetime import timedelta

from gateway.core.ports.storage import UnitOfWork
from gateway.core.received_webhooks import ReceivedStatus, ReceivedWebhook, received_delay
from gateway.core.webhooks import WebhookEvent as SentEvent
from gateway.plugin_api import (
    Ambiguous,
    BillingProvider,
    CredentialsRefused,
    DocumentKind,
    ExternalDocument,
    ProviderError,
    Retryable,
)
from gateway.plugin_guard import guarded
from gateway.services.announce import announce
from gateway.services.connection_holds import hold_if_refused
from gateway.services.follow_provider import FollowedChanges, take_over
from gateway.services.installation import Installation

lease = timedelta(seconds=60)
attempts_max = 30
_NOT_OURS = "It is about a document that is not ours"
_NOT_FOLLOWED = "It is about a kind of document that the gateway does not follow"


@dataclass(frozen=True, slots=True)
class AppliedWebhook:
    """A webhook and what became of it; no `status` if another worker took it over meanwhile."""

    webhook: ReceivedWebhook
    status: ReceivedStatus | None


def apply_next_webhook(installation: Installation, connection: str, provider: BillingProvider) -> AppliedWebhook | None:
    """Apply the webhook that is due longest; None if none is due.

    What counts is what the provider says when it is asked, so repeats, disorder and echoes of our own writes change
    nothing. What a plugin raises never leaves here.
    """
    now = installation.system_clock.now()
    webhook = installation.storage.transact(lambda unit: unit.received.claim(connection, now, now + lease))
    if webhook is None:
        return None
    if webhook.kind != DocumentKind.INVOICE:
        return _settled(installation, webhook.settled(ReceivedStatus.IGNORED, _NOT_FOLLOWED))
    try:
        fetched = guarded(provider).fetch(DocumentKind.INVOICE, webhook.ref)
        return installation.storage.transact(lambda unit: _apply(unit, installation, webhook, fetched))
    except ProviderError as error:
        return _settled(installation, _after(webhook, error, installation), error)


def _apply(
    unit: UnitOfWork, installation: Installation, webhook: ReceivedWebhook, fetched: ExternalDocument
) -> AppliedWebhook:
    found = take_over(unit, installation, webhook.connection, [fetched])
    done = webhook.settled(*_outcome(found, fetched))
    # If another worker has it now, what was taken over is the newest all the same.
    is_held = unit.received.settle(done)
    if is_held and done.status is ReceivedStatus.APPLIED:
        announce(unit, installation, SentEvent.PROVIDER_EVENT_APPLIED, done)
    return AppliedWebhook(done, done.status if is_held else None)


def _outcome(found: FollowedChanges, fetched: ExternalDocument) -> tuple[ReceivedStatus, str | None]:
    if found.unknown:
        return ReceivedStatus.IGNORED, _NOT_OURS
    if found.unclear:
        return ReceivedStatus.PARKED, f"The provider calls {fetched.ref} {fetched.status_there!r}: no meaning here"
    return ReceivedStatus.APPLIED, None


def _after(webhook: ReceivedWebhook, error: ProviderError, installation: Installation) -> ReceivedWebhook:
    reason = f"{type(error).__name__}: {error}"[:500]
    if isinstance(error, Retryable | Ambiguous | CredentialsRefused) and webhook.attempts < attempts_max:
        asked = timedelta(seconds=getattr(error, "retry_after_seconds", None) or 0)
        return webhook.later(installation.system_clock.now() + max(asked, received_delay(webhook.attempts)), reason)
    return webhook.settled(ReceivedStatus.PARKED, reason)


def _settled(
    installation: Installation, webhook: ReceivedWebhook, error: ProviderError | None = None
) -> AppliedWebhook:
    def settle(unit: UnitOfWork) -> bool:
        hold_if_refused(unit, installation, webhook.connection, error)
        return unit.received.settle(webhook)

    is_held = installation.storage.transact(settle)
    return AppliedWebhook(webhook, webhook.status if is_held else None)
