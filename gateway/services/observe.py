"""Tell plugins what happened, one message after another, from the same queue that webhooks are sent from."""

import json
import logging
from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from gateway.core.money import Money
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import read_instant
from gateway.core.webhooks import PLUGIN_SCHEME, WebhookAnswer, WebhookEndpoint, WebhookEvent, WebhookMessage
from gateway.plugin_api import DeliveryFinished, InvoiceFinalized, ProviderEvent
from gateway.services.delivery_failures import reason_of
from gateway.services.installation import Installation
from gateway.services.send_webhooks import lease, settle_sending
from gateway.services.webhook_endpoints import new_secret

logger = logging.getLogger(__name__)

Observation = InvoiceFinalized | DeliveryFinished | ProviderEvent
Tell = Callable[[str, Observation], None]
"""Calls the hook of a name with what happened; may raise anything."""

HEARD_BY_HOOK: Mapping[str, frozenset[WebhookEvent]] = {
    "invoice_finalized": frozenset({WebhookEvent.INVOICE_FINALIZED}),
    "delivery_finished": frozenset({WebhookEvent.DELIVERY_DELIVERED, WebhookEvent.DELIVERY_PARKED}),
    "provider_event": frozenset({WebhookEvent.PROVIDER_EVENT_APPLIED}),
}
_HOOK = {event: hook for hook, events in HEARD_BY_HOOK.items() for event in events}
_TOLD = WebhookAnswer(204)
_ENDED = WebhookAnswer(failure="The process of the plugin was ended, or ended itself, while it was told")
# A plugin may raise anything, and must not take its worker down.
_ANYTHING = (Exception, SystemExit)


def register_observers(
    installation: Installation, observers: Mapping[str, Collection[str]], faulty: Collection[str] = ()
) -> None:
    """From now on plugins are told what their hooks are for; one that does not observe any more is forgotten.

    One that has a fault for now keeps its place, and what happens meanwhile waits for it.
    """

    def register(unit: UnitOfWork) -> None:
        known = {each.plugin: each for each in unit.webhooks.endpoints() if each.plugin}
        for gone in known.keys() - observers.keys() - set(faulty):
            unit.webhooks.remove_endpoint(known[gone].id)
        for plugin, hooks in observers.items():
            events = frozenset(event for hook in hooks for event in HEARD_BY_HOOK[hook])
            before = known.get(plugin)
            if before is None or before.events != events:
                unit.webhooks.put_endpoint((before or _endpoint(installation, plugin)).hearing(events))

    installation.storage.transact(register)


def tell_next(installation: Installation, plugin: str, tell: Tell) -> bool:
    """Tell a plugin what waits longest for it; whether there was anything. What it raises never leaves here.

    It is told at least once, after what happened is stored, and again by the schedule of webhooks when it fails. What
    its process was ended at is put off too, so that it is no longer in the way of the rest.
    """
    now = installation.system_clock.now()
    claimed = installation.storage.transact(lambda unit: unit.webhooks.claim(now, now + lease, 1, plugin))
    for each in claimed:
        answer = _ENDED if each.was_interrupted else _told(plugin, each.message, tell)
        settle_sending(installation, each, answer)
    return bool(claimed)


def observation_of(message: WebhookMessage) -> Observation:
    """What a message says, as a plugin is told it."""
    content = json.loads(message.body)
    said: dict[str, Any] = content["data"]
    what = (message.id, read_instant(content["timestamp"]))
    if message.event is WebhookEvent.INVOICE_FINALIZED:
        total = Money.named(Decimal(said["total"]["amount"]), said["total"]["currency"])
        issued_on = date.fromisoformat(said["issuedOn"])
        return InvoiceFinalized(*what, said["id"], said["number"], said["customer"], issued_on, total)
    if message.event is WebhookEvent.PROVIDER_EVENT_APPLIED:
        return ProviderEvent(*what, said["connection"], said["eventId"], said["type"], said["ref"])
    return DeliveryFinished(
        *what, said["id"], said["connection"], said["documentId"], said["status"], said["reason"], said["remedy"]
    )


def _told(plugin: str, message: WebhookMessage, tell: Tell) -> WebhookAnswer:
    try:
        tell(_HOOK[message.event], observation_of(message))
    except _ANYTHING as error:
        reason = reason_of(error)
        logger.warning("Plugin %s failed when it was told %s: %s", plugin, message.event, reason)
        return WebhookAnswer(failure=reason)
    return _TOLD


def _endpoint(installation: Installation, plugin: str) -> WebhookEndpoint:
    """The place of a plugin among the endpoints, of one id for ever, so that two servers make one."""
    return WebhookEndpoint(
        id=f"whe_plugin_{plugin}",
        url=f"{PLUGIN_SCHEME}{plugin}",
        created_at=installation.system_clock.now(),
        signing_secrets=(new_secret(),),
        description="Observers of an installed plugin",
    )
