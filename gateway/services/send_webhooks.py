"""Send webhooks: claim what is due, sign it, post it, and keep what became of it."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from standardwebhooks import Webhook

from gateway.core.ports.storage import UnitOfWork
from gateway.core.ports.webhooks import ClaimedSending
from gateway.core.webhooks import WebhookAnswer, WebhookEvent
from gateway.services.announce import announce
from gateway.services.installation import Installation

lease = timedelta(seconds=60)
sent_at_once_max = 8
messages_kept_for = timedelta(days=30)
_forgotten_at_once = 1_000
_jitter_max = 1_024


class Post(Protocol):
    """How a message reaches an address; it raises nothing, and ends well within the lease."""

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        """What was answered."""
        ...


InParallel = Callable[[Callable[[ClaimedSending], WebhookAnswer], list[ClaimedSending]], Iterable[WebhookAnswer]]
"""Applies a function to each of several values, such as `map`."""


def send_due(installation: Installation, post: Post, apply: InParallel = map) -> int:
    """Send what is due, one message to each endpoint; how many were tried.

    A message may reach an endpoint again when this process ends in between: it has the same id then.
    """
    now = installation.system_clock.now()
    claimed = installation.storage.transact(lambda unit: unit.webhooks.claim(now, now + lease, sent_at_once_max))
    answers = apply(lambda each: post(each.endpoint.url, *signed(each, now)), claimed)
    for each, answer in zip(claimed, answers, strict=True):
        settle_sending(installation, each, answer)
    return len(claimed)


def signed(claimed: ClaimedSending, now: datetime) -> tuple[dict[str, str], bytes]:
    """The headers and the body of an attempt, signed with every secret in force. Standard Webhooks 1.0.0."""
    message = claimed.message
    signatures = [Webhook(text).sign(message.id, now, message.body) for text in claimed.endpoint.signs_with(now)]
    headers = {
        "content-type": "application/json",
        "user-agent": "usage-gateway",
        "webhook-id": message.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    return headers, message.body.encode()


def forget_old(installation: Installation) -> int:
    """Remove messages that are older than `messages_kept_for` and on their way no more; how many."""
    before = installation.system_clock.now() - messages_kept_for
    return installation.storage.transact(lambda unit: unit.webhooks.forget(before, _forgotten_at_once))


def settle_sending(installation: Installation, claimed: ClaimedSending, answer: WebhookAnswer) -> None:
    """Keep what became of an attempt, and what that says of its endpoint, unless another worker has it now."""
    now, jitter = installation.system_clock.now(), secrets.randbelow(_jitter_max)
    sending = claimed.sending.after(answer, now, jitter)

    def settle(unit: UnitOfWork) -> None:
        endpoint = unit.webhooks.lock_endpoint(claimed.endpoint.id)
        if not unit.webhooks.settle(sending):
            return
        judged = endpoint.after(sending, answer, now)
        if judged == endpoint:
            return
        unit.webhooks.put_endpoint(judged)
        if judged.disabled_at and not endpoint.disabled_at:
            announce(unit, installation, WebhookEvent.ENDPOINT_DISABLED, judged)

    installation.storage.transact(settle)
