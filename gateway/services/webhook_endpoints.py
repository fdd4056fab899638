"""Webhook endpoints: add, change, rotate the secret of, stop and start them, and have messages sent again."""

import base64
import secrets
import socket
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from gateway.core.addresses import may_be_sent_to
from gateway.core.errors import IllegalTransition, InvalidValue, NotFound
from gateway.core.faults import text_fault
from gateway.core.ports.storage import UnitOfWork
from gateway.core.webhooks import (
    WebhookEndpoint,
    WebhookEvent,
    WebhookSecret,
    WebhookSending,
    endpoints_max,
)
from gateway.services.installation import Installation

previous_secret_hours_max = 168
redelivered_max = 10_000
_url_length_max = 2_000
_secret_bytes = 32


def add_endpoint(
    installation: Installation, url: str, events: Collection[WebhookEvent] = (), description: str = ""
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint that hears of `events`, or of everything if there are none; and the secret of its signatures.

    Raises `InvalidValue` for an address that may not be sent to, or beyond `endpoints_max`.
    """
    _require_url(installation, url)
    secret = new_secret()
    endpoint = WebhookEndpoint(
        id=installation.ids.new("whe"),
        url=url,
        created_at=installation.system_clock.now(),
        signing_secrets=(secret,),
        events=frozenset(events),
        description=_description(description),
    )

    def add(unit: UnitOfWork) -> None:
        if sum(each.plugin is None for each in unit.webhooks.endpoints()) >= endpoints_max:
            raise InvalidValue(f"There are {endpoints_max} webhook endpoints, which is the most; remove one first")
        unit.webhooks.put_endpoint(endpoint)

    installation.storage.transact(add)
    return endpoint, secret.text


def change_endpoint(
    installation: Installation,
    endpoint_id: str,
    url: str | None = None,
    events: Collection[WebhookEvent] | None = None,
    description: str | None = None,
) -> WebhookEndpoint:
    """The endpoint with what is given changed. Raises `NotFound`, and `InvalidValue` as `add_endpoint`.

    Of the observers of a plugin only the description can be changed.
    """
    if url is not None:
        _require_url(installation, url)

    def changed(endpoint: WebhookEndpoint) -> WebhookEndpoint:
        if endpoint.plugin and not (url is None and events is None):
            raise InvalidValue(
                f"Endpoint {endpoint.id} is what plugin {endpoint.plugin} observes: its hooks say what it hears of"
            )
        return replace(
            endpoint,
            url=endpoint.url if url is None else url,
            events=endpoint.events if events is None else frozenset(events),
            description=endpoint.description if description is None else _description(description),
        )

    return _change(installation, endpoint_id, changed)


def rotate_secret(
    installation: Installation, endpoint_id: str, previous_hours: int = 24
) -> tuple[WebhookEndpoint, str]:
    """The endpoint with a new secret; the one before signs beside it for `previous_hours`. Raises `NotFound`."""
    if not 0 <= previous_hours <= previous_secret_hours_max:
        raise InvalidValue(
            f"The previous secret goes on for 0 to {previous_secret_hours_max} hours; {previous_hours} is not between"
        )
    secret = new_secret().text
    until = installation.system_clock.now() + timedelta(hours=previous_hours)
    return _change(installation, endpoint_id, lambda endpoint: endpoint.rotated(secret, until)), secret


def enable_endpoint(installation: Installation, endpoint_id: str) -> WebhookEndpoint:
    """Send to an endpoint again: what is on its way goes on. Raises `NotFound`."""
    return _change(installation, endpoint_id, WebhookEndpoint.enabled)


def disable_endpoint(installation: Installation, endpoint_id: str, reason: str) -> WebhookEndpoint:
    """Send nothing more to an endpoint until it is enabled. Raises `NotFound`, `InvalidValue` without a reason."""
    if fault := text_fault(reason):
        raise InvalidValue(f"The reason to disable an endpoint {fault}")
    now = installation.system_clock.now()
    return _change(installation, endpoint_id, lambda endpoint: endpoint.disabled(now, reason))


def remove_endpoint(installation: Installation, endpoint_id: str) -> None:
    """Remove an endpoint and everything that is on its way to it. Raises `NotFound`."""

    def remove(unit: UnitOfWork) -> None:
        unit.webhooks.lock_endpoint(endpoint_id)
        unit.webhooks.remove_endpoint(endpoint_id)

    installation.storage.transact(remove)


def new_secret() -> WebhookSecret:
    """A secret that nobody knows yet."""
    return WebhookSecret(f"whsec_{base64.b64encode(secrets.token_bytes(_secret_bytes)).decode()}")


def redeliver(installation: Installation, message_id: str, endpoint_id: str) -> WebhookSending:
    """Send one message to an endpoint again, from the beginning. Raises `NotFound`.

    Raises `IllegalTransition` while it is on its way.
    """
    now = installation.system_clock.now()

    def again(unit: UnitOfWork) -> WebhookSending:
        unit.webhooks.lock_endpoint(endpoint_id)
        sending = unit.webhooks.sending(message_id, endpoint_id)
        if sending is None:
            raise NotFound(f"Message {message_id!r} was never on its way to {endpoint_id!r}; list what was")
        if sending.settled_at is None:
            raise IllegalTransition(f"Message {message_id!r} is on its way to {endpoint_id!r} already")
        unit.webhooks.put_sendings([sending.again(now)])
        return sending.again(now)

    return installation.storage.transact(again)


def redeliver_since(installation: Installation, endpoint_id: str, since: datetime) -> int:
    """Send to an endpoint what it hears of and has not taken since an instant; how many messages.

    What happened while it was disabled is among that. Raises `NotFound`, and `InvalidValue` beyond `redelivered_max`.
    """
    now = installation.system_clock.now()

    def again(unit: UnitOfWork) -> int:
        endpoint = unit.webhooks.lock_endpoint(endpoint_id)
        messages = unit.webhooks.messages_since(since, redelivered_max + 1)
        if len(messages) > redelivered_max:
            raise InvalidValue(f"More than {redelivered_max} messages since then; begin later")
        known = [
            unit.webhooks.sending(each.id, endpoint_id) or WebhookSending(each.id, endpoint_id, each.occurred_at)
            for each in messages
            if endpoint.hears(each.event)
        ]
        missed = [each.again(now) for each in known if _is_missed(each)]
        unit.webhooks.put_sendings(missed)
        return len(missed)

    return installation.storage.transact(again)


def _is_missed(sending: WebhookSending) -> bool:
    return sending.due_at is None and (sending.status_code is None or not 200 <= sending.status_code < 300)


def _change(
    installation: Installation, endpoint_id: str, changed: Callable[[WebhookEndpoint], WebhookEndpoint]
) -> WebhookEndpoint:
    def change(unit: UnitOfWork) -> WebhookEndpoint:
        endpoint = changed(unit.webhooks.lock_endpoint(endpoint_id))
        unit.webhooks.put_endpoint(endpoint)
        return endpoint

    return installation.storage.transact(change)


def _require_url(installation: Installation, url: str) -> None:
    parts = _parts(url)
    if fault := _url_fault(installation, url, parts):
        raise InvalidValue(f"The address {url[:80]!r} {fault}")


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        return parts if parts.hostname and (parts.port is None or parts.port) else None
    except ValueError:
        return None


def _url_fault(installation: Installation, url: str, parts: SplitResult | None) -> str | None:
    if len(url) > _url_length_max or not url.isascii() or not url.isprintable() or " " in url:
        return f"has to be at most {_url_length_max} printable ASCII characters without spaces"
    if parts is None or parts.scheme not in {"https", "http"}:
        return "is no address; write one such as https://example.com/webhooks"
    if parts.scheme == "http" and not installation.webhook_networks:
        return "is not encrypted; use https, or allow a network of your own with [webhooks] allowed_networks"
    if parts.username or parts.password or parts.fragment:
        return "holds a user, a password or a fragment; leave it out, messages are signed"
    return None if _is_allowed(installation, parts.hostname or "") else "is not on the public internet"


def _is_allowed(installation: Installation, host: str) -> bool:
    """Whether what a host stands for without any look-up may be sent to.

    Any other name is judged by what it resolves to, whenever something is sent.
    """
    address = _address(host)
    return address is None or may_be_sent_to(address, installation.webhook_networks)


def _address(host: str) -> str | None:
    """The address that a host is written for: `0`, `127.1` and `localhost` are among that. RFC 6761, 6.3."""
    name = host.removesuffix(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return "127.0.0.1"
    with suppress(ValueError):
        return str(ip_address(host))
    with suppress(OSError):
        return socket.inet_ntoa(socket.inet_aton(name))
    return None


def _description(text: str) -> str:
    if text and (fault := text_fault(text)):
        raise InvalidValue(f"The description of an endpoint {fault}")
    return text
