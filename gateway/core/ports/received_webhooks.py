"""What the services ask of the storage of webhooks that providers send."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.core.received_webhooks import ReceivedStatus, ReceivedWebhook


@dataclass(frozen=True, slots=True)
class ReceivedFilter:
    """Which webhooks to list; None takes all."""

    connection: str | None = None
    status: ReceivedStatus | None = None


class ReceivedWebhooks(Protocol):
    """Webhooks that providers sent."""

    def add(self, webhook: ReceivedWebhook) -> bool:
        """Store a new one; False if its connection has sent one with its id before."""
        ...

    def claim(self, connection: str, now: datetime, lease_until: datetime) -> ReceivedWebhook | None:
        """Take the one that is due longest and that no other worker has, with one attempt more."""
        ...

    def settle(self, webhook: ReceivedWebhook) -> bool:
        """Store what became of an attempt, and give up the lease; False if another worker has claimed it since."""
        ...

    def lock(self, connection: str, event_id: str) -> ReceivedWebhook:
        """One webhook, locked until the transaction ends. Raises `NotFound`."""
        ...

    def put(self, webhook: ReceivedWebhook) -> None:
        """Store the state of a webhook that is locked."""
        ...

    def page(
        self, matching: ReceivedFilter, after: tuple[datetime, str, str] | None, limit: int
    ) -> list[ReceivedWebhook]:
        """Webhooks, newest first, behind a place (received at, connection, event)."""
        ...

    def counts(self) -> Mapping[ReceivedStatus, int]:
        """How many there are in each state that any is in."""
        ...
