"""The worker of a connection: what is to be delivered does not wait for what is only read."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

import pytest

from gateway.core.delivery import DeliveryStatus
from gateway.core.time import instant_text
from gateway.plugin_api import BillingProvider, ExternalDocument
from gateway.services.installation import Installation
from gateway.workers.delivery import Delivery, changes_every_seconds, deliveries_first_seconds
from tests.services.correcting import answering
from tests.services.delivering import Crash, World
from tests.support import FixedClock


@pytest.fixture
def world(sqlite_installation: Installation, clock: FixedClock) -> World:
    return World.of(sqlite_installation, clock)


def hanging(world: World) -> BillingProvider:
    """A provider whose listing never ends, so that the worker is ended in it."""

    def hang(since: datetime) -> Iterator[ExternalDocument]:
        raise Crash(instant_text(since))

    return answering(world, changes=hang)


def pending(world: World) -> int:
    return sum(each.status is DeliveryStatus.PENDING for each in world.deliveries())


def test_a_listing_that_always_hangs_keeps_nothing_from_being_delivered(world: World) -> None:
    for number in range(1, 6):
        world.finalize(number)
    work = Delivery(world.installation, "main", hanging(world), seconds=lambda: 0.0)

    for _ in range(5):
        work.step()

    assert pending(world) == 0
    with pytest.raises(Crash):
        work.step()


def test_each_life_of_a_worker_that_is_ended_again_and_again_delivers_what_is_new(world: World) -> None:
    provider = hanging(world)
    for number in range(1, 4):
        with suppress(Crash):
            Delivery(world.installation, "main", provider, seconds=lambda: 0.0).step()
        world.finalize(number)
        with suppress(Crash):
            Delivery(world.installation, "main", provider, seconds=lambda: 0.0).step()
        assert pending(world) == 0


def test_changes_are_read_after_a_while_however_much_there_is_to_deliver(world: World) -> None:
    for number in range(1, 4):
        world.finalize(number)
    now = 0.0
    read: list[datetime] = []

    def changes(since: datetime) -> Iterator[ExternalDocument]:
        read.append(since)
        return iter(())

    work = Delivery(world.installation, "main", answering(world, changes=changes), seconds=lambda: now)
    work.step()
    assert (read, pending(world)) == ([], 2)
    now = max(deliveries_first_seconds, changes_every_seconds)

    work.step()

    assert read != []
    assert pending(world) == 1
