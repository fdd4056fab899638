"""Webhooks of providers: proven, kept, fetched again and applied; whatever comes twice or too late changes nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from gateway.core.errors import IllegalTransition, NotFound
from gateway.core.invoicing.invoice import PaymentStatus
from gateway.core.ports.received_webhooks import ReceivedFilter
from gateway.core.received_webhooks import ReceivedStatus, ReceivedWebhook
from gateway.core.webhooks import WebhookEvent as Announced
from gateway.plugin_api import (
    BillingProvider,
    DocumentKind,
    NeedsAttention,
    Permanent,
    ProviderEvent,
    Retryable,
    WebhookEvent,
    WebhookRefused,
    WebhookRequest,
)
from gateway.services.apply_webhooks import apply_next_webhook, attempts_max
from gateway.services.installation import Installation
from gateway.services.observe import observation_of
from gateway.services.receive_webhook import keep_webhook, prove_webhook, retry_webhook
from gateway.services.webhook_endpoints import add_endpoint
from gateway.testing import invoice_document
from tests.services.delivering import World
from tests.support import FixedClock


@pytest.fixture
def world(installation: Installation, clock: FixedClock) -> World:
    """A delivered invoice, on SQLite and on PostgreSQL."""
    world = World.of(installation, clock)
    world.finalize(1)
    world.deliver()
    return world


@pytest.fixture
def ref(world: World) -> str:
    return world.at_provider(DocumentKind.INVOICE, "inv_1")[0].ref


class Saying:
    """The provider, whose webhooks and fetches say what they are told."""

    def __init__(self, provider: BillingProvider, **said: Any) -> None:
        self._provider = provider
        self._said = said

    def __getattr__(self, name: str) -> Any:
        if name not in self._said:
            return getattr(self._provider, name)

        def call(*_: object) -> Any:
            if isinstance(self._said[name], Exception):
                raise self._said[name]
            return self._said[name]

        return call


def receive(world: World, request: WebhookRequest, **said: Any) -> bool:
    provider = cast(BillingProvider, Saying(world.provider, **said))
    return keep_webhook(world.installation, "main", request, prove_webhook(provider, request))


def work_off(world: World, **said: Any) -> list[ReceivedStatus | None]:
    provider = cast(BillingProvider, Saying(world.provider, **said))
    done = []
    while (applied := apply_next_webhook(world.installation, "main", provider)) is not None:
        done.append(applied.status)
    return done


def kept(world: World, **matching: Any) -> list[ReceivedWebhook]:
    matched = ReceivedFilter(**matching)
    return world.installation.storage.read(lambda unit: unit.received.page(matched, None, 99))


def payment(world: World) -> PaymentStatus:
    return world.installation.storage.read(lambda unit: unit.invoices.get("inv_1")).payment_status


def test_a_payment_that_a_webhook_tells_of_is_taken_over_and_announced(world: World, ref: str) -> None:
    add_endpoint(world.installation, "https://example.com/hooks", [Announced.INVOICE_PAYMENT_CHANGED])
    world.provider.pay(ref)

    assert receive(world, world.provider.webhook(ref))
    assert payment(world) is PaymentStatus.UNPAID
    assert work_off(world) == [ReceivedStatus.APPLIED]

    assert payment(world) is PaymentStatus.PAID
    messages = world.installation.storage.read(lambda unit: unit.webhooks.messages_since(world.clock.now(), 9))
    assert sorted(each.event for each in messages) == [
        Announced.INVOICE_PAYMENT_CHANGED,
        Announced.PROVIDER_EVENT_APPLIED,
    ]
    event = next(observation_of(each) for each in messages if each.event is Announced.PROVIDER_EVENT_APPLIED)
    assert isinstance(event, ProviderEvent)
    [received] = kept(world)
    assert (event.connection, event.event_id, event.type, event.ref) == ("main", received.event_id, received.type, ref)


def test_a_webhook_that_comes_again_is_kept_once(world: World, ref: str) -> None:
    request = world.provider.webhook(ref)

    assert [receive(world, request), receive(world, request)] == [True, False]
    assert len(kept(world)) == 1


def test_a_webhook_that_is_late_brings_nothing_old_back(world: World, ref: str) -> None:
    old = world.provider.webhook(ref)
    world.provider.pay(ref)
    receive(world, world.provider.webhook(ref))
    work_off(world)

    receive(world, old)

    assert work_off(world) == [ReceivedStatus.APPLIED]
    assert payment(world) is PaymentStatus.PAID


def test_an_echo_of_our_own_write_changes_nothing(world: World, ref: str) -> None:
    receive(world, world.provider.webhook(ref))

    assert work_off(world) == [ReceivedStatus.APPLIED]
    assert payment(world) is PaymentStatus.UNPAID


def test_a_webhook_that_is_not_proven_is_refused_and_not_kept(world: World, ref: str) -> None:
    genuine = world.provider.webhook(ref)

    for forged in (replace(genuine, body=genuine.body + b" "), replace(genuine, headers={})):
        with pytest.raises(WebhookRefused):
            receive(world, forged)
    with pytest.raises(WebhookRefused):
        receive(world, genuine, verify_webhook=KeyError("canary"))
    assert kept(world) == []


def test_a_document_that_is_not_ours_is_ignored(world: World) -> None:
    customer = world.provider.documents(DocumentKind.CUSTOMER)[0]
    foreign = world.provider.put_invoice(invoice_document(customer.ref, [500], id="inv_9"), "by hand")

    receive(world, world.provider.webhook(foreign.ref))

    assert work_off(world) == [ReceivedStatus.IGNORED]
    assert kept(world)[0].reason == "It is about a document that is not ours"


def test_what_the_gateway_does_not_follow_is_not_kept_or_ignored(world: World, ref: str) -> None:
    request = world.provider.webhook(ref)

    assert not receive(world, request, parse_webhook=WebhookEvent("evt_1", "plan.created"))
    receive(world, request, parse_webhook=WebhookEvent("evt_2", "customer.updated", DocumentKind.CUSTOMER, "cus_1"))

    assert work_off(world) == [ReceivedStatus.IGNORED]
    assert [each.event_id for each in kept(world)] == ["evt_2"]


def test_what_cannot_be_understood_is_parked_for_somebody_to_see(world: World, ref: str) -> None:
    assert receive(world, world.provider.webhook(ref), parse_webhook=Permanent("no such version"))

    (parked,) = kept(world, status=ReceivedStatus.PARKED)
    assert parked.event_id.startswith("unreadable-")
    assert "no such version" in str(parked.reason)
    with pytest.raises(IllegalTransition, match="have the provider send it again"):
        retry_webhook(world.installation, "main", parked.event_id)


def test_a_provider_that_cannot_be_asked_now_is_asked_later(world: World, ref: str) -> None:
    world.provider.pay(ref)
    receive(world, world.provider.webhook(ref))

    assert work_off(world, fetch=Retryable("busy", 30)) == [ReceivedStatus.PENDING]
    assert work_off(world) == []
    world.clock.advance(timedelta(seconds=30))
    assert work_off(world) == [ReceivedStatus.APPLIED]
    assert payment(world) is PaymentStatus.PAID


@pytest.mark.parametrize("error", [Permanent("gone"), NeedsAttention("the key is revoked", "enter another")])
def test_what_needs_a_person_is_parked_with_the_reason_and_tried_again_on_request(
    world: World, ref: str, error: Exception
) -> None:
    receive(world, world.provider.webhook(ref))

    assert work_off(world, fetch=error) == [ReceivedStatus.PARKED]
    (parked,) = kept(world, status=ReceivedStatus.PARKED)
    assert str(error) in str(parked.reason)

    retry_webhook(world.installation, "main", parked.event_id)
    assert work_off(world) == [ReceivedStatus.APPLIED]
    with pytest.raises(IllegalTransition, match="only a parked one"):
        retry_webhook(world.installation, "main", parked.event_id)
    with pytest.raises(NotFound, match="has sent no webhook 'evt_0'"):
        retry_webhook(world.installation, "main", "evt_0")


def test_a_provider_that_never_answers_parks_a_webhook_in_the_end(world: World, ref: str) -> None:
    receive(world, world.provider.webhook(ref))

    for _ in range(attempts_max):
        work_off(world, fetch=Retryable("busy"))
        world.clock.advance(timedelta(minutes=10))

    assert [each.status for each in kept(world)] == [ReceivedStatus.PARKED]


def test_a_worker_that_was_slow_leaves_the_webhook_to_the_one_that_took_it(world: World, ref: str) -> None:
    receive(world, world.provider.webhook(ref))
    now, storage = world.clock.now(), world.installation.storage
    slow = storage.transact(lambda unit: unit.received.claim("main", now, now))
    other = storage.transact(lambda unit: unit.received.claim("main", now, now + timedelta(minutes=1)))

    assert slow is not None
    assert other is not None
    assert not storage.transact(lambda unit: unit.received.settle(slow.settled(ReceivedStatus.PARKED, "slow")))
    assert storage.transact(lambda unit: unit.received.settle(other.settled(ReceivedStatus.APPLIED)))
    assert storage.read(lambda unit: unit.received.counts()) == {ReceivedStatus.APPLIED: 1}


def test_webhooks_are_listed_newest_first_by_page_and_connection(world: World, ref: str) -> None:
    for number in range(3):
        world.clock.advance(timedelta(seconds=1))
        event = WebhookEvent(f"evt_{number}", "changed", DocumentKind.INVOICE, ref)
        receive(world, replace(world.provider.webhook(ref), received_at=world.clock.now()), parse_webhook=event)

    newest = kept(world, connection="main")
    place = (newest[0].received_at, "main", "evt_2")
    rest = world.installation.storage.read(lambda unit: unit.received.page(ReceivedFilter("main"), place, 1))

    assert [each.event_id for each in newest] == ["evt_2", "evt_1", "evt_0"]
    assert [each.event_id for each in rest] == ["evt_1"]
    assert kept(world, connection="other") == []
