"""Webhooks that providers send: each is a hint, kept until what it is about was fetched and applied."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.core.errors import IllegalTransition


class ReceivedStatus(StrEnum):
    """What became of a webhook."""

    PENDING = "pending"
    APPLIED = "applied"
    IGNORED = "ignored"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class ReceivedWebhook:
    """A webhook that was proven to come from the provider of `connection`: what it says, and what became of it.

    `event_id` is the provider's, by which a repeat is known; `attempts` also is the fencing token.
    """

    connection: str
    event_id: str
    type: str
    kind: str | None
    ref: str
    received_at: datetime
    status: ReceivedStatus = ReceivedStatus.PENDING
    attempts: int = 0
    due_at: datetime | None = None
    reason: str | None = None

    def settled(self, status: ReceivedStatus, reason: str | None = None) -> "ReceivedWebhook":
        """This webhook, to which nothing more happens by itself."""
        return replace(self, status=status, due_at=None, reason=reason)

    def later(self, at: datetime, reason: str) -> "ReceivedWebhook":
        """This webhook, which is tried again at an instant."""
        return replace(self, due_at=at, reason=reason)

    def again(self, now: datetime) -> "ReceivedWebhook":
        """This webhook from its beginning. Raises `IllegalTransition` unless it is parked and could be understood."""
        if self.kind is None:
            raise IllegalTransition(f"Webhook {self.event_id!r} was not understood; have the provider send it again")
        if self.status is not ReceivedStatus.PARKED:
            raise IllegalTransition(f"Webhook {self.event_id!r} is {self.status}; only a parked one can be tried again")
        return replace(self, status=ReceivedStatus.PENDING, attempts=0, due_at=now, reason=None)


def received_delay(attempts: int) -> timedelta:
    """How long to wait after `attempts` failures: 2 s after the first, then doubling, up to 10 minutes."""
    return timedelta(seconds=min(2 ** min(attempts, 10), 600))
