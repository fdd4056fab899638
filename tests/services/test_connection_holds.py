"""A provider that refuses the credentials holds its connection: one reason, and not one for each delivery."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from gateway.core.connection_hold import ConnectionHold
from gateway.core.delivery import DeliveryStatus
from gateway.core.errors import NotFound
from gateway.core.received_webhooks import ReceivedStatus, ReceivedWebhook
from gateway.plugin_api import BillingProvider, CredentialsRefused, NeedsAttention, ProviderError, Retryable
from gateway.services.apply_webhooks import apply_next_webhook
from gateway.services.connection_holds import probe_held, resume_connection
from gateway.services.installation import ConnectedProvider, Installation
from gateway.services.webhook_endpoints import add_endpoint
from gateway.workers.delivery import Delivery as DeliveryWork
from tests.services.delivering import World
from tests.support import FixedClock

REFUSED = CredentialsRefused("The key is revoked", "set another key, and restart")


@pytest.fixture
def world(installation: Installation, clock: FixedClock) -> World:
    connected = (ConnectedProvider("main", "sandbox", None),)
    return World.of(replace(installation, connections=connected), clock)


class Refusing:
    """A provider that raises whatever it is asked, for as long as `error` is set."""

    def __init__(self, world: World, error: ProviderError | None) -> None:
        self._provider = world.provider
        self.error = error
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._provider, name)
        if not callable(value) or isinstance(value, type):
            return value

        def call(*arguments: Any, **options: Any) -> Any:
            self.asked.append(name)
            if self.error is not None:
                raise self.error
            return value(*arguments, **options)

        return call


def refusing(world: World, error: ProviderError | None = REFUSED) -> tuple[Refusing, BillingProvider]:
    provider = Refusing(world, error)
    return provider, cast(BillingProvider, provider)


def hold(world: World) -> ConnectionHold | None:
    return world.installation.storage.read(lambda unit: unit.connections.hold("main"))


def announced(world: World) -> list[str]:
    messages = world.installation.storage.read(
        lambda unit: unit.webhooks.messages_since(datetime.fromtimestamp(0, world.clock.now().tzinfo), 100)
    )
    return [message.event for message in messages if message.event.startswith("connection.")]


def test_refused_credentials_hold_the_connection_and_park_nothing(world: World) -> None:
    for number in range(1, 6):
        world.finalize(number)
    spy, provider = refusing(world)
    while world.deliver(provider) is not None:
        pass
    assert len(spy.asked) == 1
    assert {each.status for each in world.deliveries()} == {DeliveryStatus.PENDING}
    now = world.clock.now()
    assert hold(world) == ConnectionHold(
        "The key is revoked", "set another key, and restart", now, now + timedelta(minutes=1)
    )


def test_a_held_connection_is_announced_once_and_so_is_its_end(world: World) -> None:
    add_endpoint(world.installation, "https://hooks.example.com", (), "")
    world.finalize(1)
    _, provider = refusing(world)
    world.deliver(provider)
    world.deliver(provider)
    resume_connection(world.installation, "main")
    resume_connection(world.installation, "main")
    assert announced(world) == ["connection.held", "connection.resumed"]


def test_a_look_that_finds_the_credentials_taken_lets_everything_go_on(world: World) -> None:
    final = world.finalize(1)
    spy, provider = refusing(world)
    world.deliver(provider)
    spy.error = None
    assert not probe_held(world.installation, "main", provider)
    world.clock.advance(timedelta(minutes=1))
    assert probe_held(world.installation, "main", provider)
    assert hold(world) is None
    world.deliver_until_settled()
    world.assert_delivered_once(final)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NeedsAttention("The account is closed", "open another"), "The account is closed"),
        (Retryable("no answer"), "The key is revoked"),
    ],
)
def test_a_look_that_does_not_leaves_it_held(world: World, error: ProviderError, reason: str) -> None:
    world.finalize(1)
    spy, provider = refusing(world)
    world.deliver(provider)
    spy.error = error
    world.clock.advance(timedelta(minutes=1))
    assert not probe_held(world.installation, "main", provider)
    found = hold(world)
    assert found is not None
    assert (found.reason, found.probe_at) == (reason, world.clock.now() + timedelta(minutes=2))


def test_a_new_worker_looks_at_once_since_its_credentials_may_be_others(world: World) -> None:
    final = world.finalize(1)
    spy, provider = refusing(world)
    old = DeliveryWork(world.installation, "main", provider, seconds=lambda: 0.0)
    old.step()
    assert hold(world) is not None
    asked = len(spy.asked)
    old.step()
    assert len(spy.asked) == asked
    new = DeliveryWork(world.installation, "main", world.provider, seconds=lambda: 0.0)
    world.clock.advance(timedelta(seconds=30))
    new.step()
    new.step()
    world.assert_delivered_once(final)


def test_one_that_a_person_lets_go_on_is_held_again_if_nothing_has_changed(world: World) -> None:
    world.finalize(1)
    _, provider = refusing(world)
    world.deliver(provider)
    resume_connection(world.installation, "main")
    world.clock.advance(timedelta(minutes=5))
    world.deliver(provider)
    assert hold(world) is not None


def test_a_connection_that_is_not_configured_is_named(world: World) -> None:
    with pytest.raises(NotFound, match="There is no connection 'other'; there are main"):
        resume_connection(world.installation, "other")


def test_changes_that_cannot_be_read_for_that_reason_hold_it_too(world: World) -> None:
    spy, provider = refusing(world, None)
    now = 0.0
    work = DeliveryWork(world.installation, "main", provider, seconds=lambda: now)
    work.step()
    spy.asked.clear()
    spy.error = REFUSED
    now = 3600.0
    work.step()
    assert spy.asked == ["changes"]
    assert hold(world) is not None


def test_a_webhook_that_cannot_be_looked_into_for_that_reason_waits(world: World) -> None:
    now = world.clock.now()
    webhook = ReceivedWebhook("main", "evt_1", "changed", "invoice", "sandbox_invoice_000001", now, due_at=now)
    world.installation.storage.transact(lambda unit: unit.received.add(webhook))
    _, provider = refusing(world)
    applied = apply_next_webhook(world.installation, "main", provider)
    assert applied is not None
    assert applied.status is ReceivedStatus.PENDING
    assert hold(world) is not None
