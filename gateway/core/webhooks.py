"""Webhooks that the gateway sends: who hears of what, and when a message that failed is sent again."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.core.errors import InvalidValue


class WebhookEvent(StrEnum):
    """What is announced."""

    INVOICE_HELD = "invoice.held"
    INVOICE_FINALIZED = "invoice.finalized"
    INVOICE_VOIDED = "invoice.voided"
    INVOICE_PAYMENT_CHANGED = "invoice.payment_changed"
    CREDIT_NOTE_ISSUED = "credit_note.issued"
    DELIVERY_DELIVERED = "delivery.delivered"
    DELIVERY_PARKED = "delivery.parked"
    PROVIDER_EVENT_APPLIED = "provider_event.applied"
    CONNECTION_HELD = "connection.held"
    CONNECTION_RESUMED = "connection.resumed"
    PROVIDER_DIFFERENCE_FOUND = "provider_difference.found"
    ENDPOINT_DISABLED = "webhook_endpoint.disabled"


class SendingStatus(StrEnum):
    """Where a message is on its way to one endpoint."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


retry_delays = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long to wait after each failure; after the last one a message has failed. Standard Webhooks 1.0.0."""
retry_after_max = timedelta(days=1)
disabled_after = timedelta(days=3)
"""An endpoint that has answered nothing for so long when a message fails for good is disabled."""
endpoints_max = 20
PLUGIN_SCHEME = "plugin:"
"""How the address of what is no endpoint but the observers of an installed plugin begins; its name follows."""
_GONE = 410
_CUT = 200


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """A key that messages are signed with, `whsec_` and base64; a replaced one until `expires_at`."""

    text: str = field(repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """An address of the company's that hears of `events`, or of everything if that is empty."""

    id: str
    url: str
    created_at: datetime
    signing_secrets: tuple[WebhookSecret, ...] = field(repr=False)
    events: frozenset[WebhookEvent] = frozenset()
    description: str = ""
    failing_since: datetime | None = None
    disabled_at: datetime | None = None
    disabled_reason: str | None = None

    def __post_init__(self) -> None:
        if not self.signing_secrets:
            raise InvalidValue(f"Endpoint {self.id} has no secret to sign with")

    @property
    def plugin(self) -> str | None:
        """The plugin whose observers are told, where nothing is posted to anybody."""
        return self.url.removeprefix(PLUGIN_SCHEME) if self.url.startswith(PLUGIN_SCHEME) else None

    def hearing(self, events: frozenset[WebhookEvent]) -> "WebhookEndpoint":
        """This endpoint, which hears of other events."""
        return replace(self, events=events)

    def hears(self, event: WebhookEvent) -> bool:
        """Whether messages about an event are for this endpoint, enabled or not."""
        return not self.events or event in self.events

    def signs_with(self, now: datetime) -> tuple[str, ...]:
        """The secrets in force, the newest first."""
        return tuple(each.text for each in self.signing_secrets if each.expires_at is None or now < each.expires_at)

    def rotated(self, text: str, previous_until: datetime) -> "WebhookEndpoint":
        """This endpoint with a new secret; the one before signs too until `previous_until`, older ones no more."""
        previous = replace(self.signing_secrets[0], expires_at=previous_until)
        return replace(self, signing_secrets=(WebhookSecret(text), previous))

    def enabled(self) -> "WebhookEndpoint":
        """This endpoint, which is sent to again."""
        return replace(self, disabled_at=None, disabled_reason=None, failing_since=None)

    def disabled(self, at: datetime, reason: str) -> "WebhookEndpoint":
        """This endpoint, which is sent nothing until a person enables it; the first reason stays."""
        return self if self.disabled_at else replace(self, disabled_at=at, disabled_reason=reason)

    def after(self, sending: "WebhookSending", answer: "WebhookAnswer", now: datetime) -> "WebhookEndpoint":
        """What an answer says of the endpoint: that it works, that it fails, or that it is to be left alone."""
        if sending.status is SendingStatus.DELIVERED:
            return replace(self, failing_since=None)
        failing = replace(self, failing_since=self.failing_since or now)
        if answer.status_code == _GONE:
            return failing.disabled(now, "It answered 410 Gone")
        assert failing.failing_since is not None, "it fails now at the latest"
        if sending.status is SendingStatus.FAILED and now - failing.failing_since >= disabled_after:
            return failing.disabled(now, f"It has taken no message since {failing.failing_since:%Y-%m-%d %H:%M} UTC")
        return failing


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """What happened, as it is sent: `body` is the JSON text that is signed."""

    id: str
    event: WebhookEvent
    occurred_at: datetime
    body: str


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What an endpoint answered: a status code, or why there is none."""

    status_code: int | None = None
    failure: str | None = None
    retry_after: timedelta | None = None

    @property
    def is_success(self) -> bool:
        """Whether the message was taken: any 2xx, and nothing else."""
        return self.status_code is not None and 200 <= self.status_code < 300


@dataclass(frozen=True, slots=True)
class WebhookSending:
    """One message on its way to one endpoint. `attempts` also is the fencing token: it grows with every claim."""

    message_id: str
    endpoint_id: str
    occurred_at: datetime
    status: SendingStatus = SendingStatus.PENDING
    attempts: int = 0
    due_at: datetime | None = None
    status_code: int | None = None
    failure: str | None = None
    settled_at: datetime | None = None

    def after(self, answer: WebhookAnswer, now: datetime, jitter: int) -> "WebhookSending":
        """This sending after an attempt was answered. `jitter` is 0 to 1023: what failed at once comes back spread."""
        told = replace(self, status_code=answer.status_code, failure=answer.failure and answer.failure[:_CUT])
        if answer.is_success:
            return replace(told, status=SendingStatus.DELIVERED, due_at=None, settled_at=now)
        if self.attempts > len(retry_delays):
            return replace(told, status=SendingStatus.FAILED, due_at=None, settled_at=now)
        delay = retry_delays[self.attempts - 1]
        asked = min(answer.retry_after or delay, retry_after_max)
        return replace(told, due_at=now + max(delay + delay * jitter // 10_240, asked))

    def again(self, now: datetime) -> "WebhookSending":
        """This sending from its beginning, because somebody asked for it."""
        return replace(self, status=SendingStatus.PENDING, attempts=0, due_at=now, settled_at=None)


def hearing(endpoints: Collection[WebhookEndpoint], event: WebhookEvent) -> list[WebhookEndpoint]:
    """The endpoints that a message about an event goes to now."""
    return [each for each in endpoints if each.disabled_at is None and each.hears(event)]
