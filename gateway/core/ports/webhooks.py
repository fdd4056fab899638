"""What the services ask of the storage of webhooks that the gateway sends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.core.webhooks import SendingStatus, WebhookEndpoint, WebhookMessage, WebhookSending


@dataclass(frozen=True, slots=True)
class ClaimedSending:
    """A sending that is this worker's until its lease ends, with what to send where."""

    sending: WebhookSending
    message: WebhookMessage
    endpoint: WebhookEndpoint
    was_interrupted: bool = False
    """Whether the worker that had it before told nothing of what became of it."""


@dataclass(frozen=True, slots=True)
class SendingFilter:
    """Which sendings to list; None takes all."""

    endpoint_id: str | None = None
    status: SendingStatus | None = None


class Webhooks(Protocol):
    """Endpoints, messages, and each message on its way to each endpoint."""

    def endpoints(self) -> list[WebhookEndpoint]:
        """All endpoints by id."""
        ...

    def lock_endpoint(self, endpoint_id: str) -> WebhookEndpoint:
        """One endpoint, locked until the transaction ends. Raises `NotFound`."""
        ...

    def put_endpoint(self, endpoint: WebhookEndpoint) -> None:
        """Store a new endpoint, or what changed of one."""
        ...

    def remove_endpoint(self, endpoint_id: str) -> None:
        """Remove an endpoint with everything that is on its way to it."""
        ...

    def add_message(self, message: WebhookMessage) -> None:
        """Store a message."""
        ...

    def messages_since(self, since: datetime, limit: int) -> list[WebhookMessage]:
        """Messages about what happened at or after an instant, oldest first."""
        ...

    def put_sendings(self, sendings: Sequence[WebhookSending]) -> None:
        """Store sendings as they are now, new ones too, without leases."""
        ...

    def claim(
        self, now: datetime, lease_until: datetime, limit: int, plugin: str | None = None
    ) -> list[ClaimedSending]:
        """Take what is due longest of each enabled endpoint that nothing is under way to, with one attempt more.

        Of endpoints that are posted to, or of the observers of a plugin.
        """
        ...

    def settle(self, sending: WebhookSending) -> bool:
        """Store what became of an attempt, and give up the lease; False if another worker has claimed it since."""
        ...

    def sendings(
        self, matching: SendingFilter, after: tuple[datetime, str, str] | None, limit: int
    ) -> list[tuple[WebhookSending, WebhookMessage]]:
        """Sendings with their messages, newest first, behind a place (occurred at, message, endpoint)."""
        ...

    def sending(self, message_id: str, endpoint_id: str) -> WebhookSending | None:
        """One sending."""
        ...

    def forget(self, before: datetime, limit: int) -> int:
        """Remove messages of before an instant that are not on their way any more; how many."""
        ...
