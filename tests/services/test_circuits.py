"""A provider that does not answer is left alone, and its outage is nobody else's."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest

from gateway.core.circuit import CLOSED, Circuit, failures_max
from gateway.core.delivery import Delivery
from gateway.plugin_api import (
    Ambiguous,
    BillingProvider,
    NeedsAttention,
    Permanent,
    Retryable,
    Unsupported,
)
from gateway.services.connected import UnderWay, circuit_after
from gateway.services.deliver import deliver_next
from gateway.workers.delivery import Delivery as DeliveryWork
from tests.services.delivering import World
from tests.support import FixedClock


class Down:
    """A provider that raises, and counts how often it is asked."""

    def __init__(self, world: World, error: Exception) -> None:
        self._provider = world.provider
        self._error = error
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._provider, name)
        return self._fail if callable(value) else value

    def _fail(self, *_: object) -> Any:
        self.asked += 1
        raise self._error


def down(world: World, error: Exception) -> tuple[Down, Callable[[], object]]:
    provider = Down(world, error)
    return provider, lambda: world.deliver(cast(BillingProvider, provider))


def circuit(world: World) -> Circuit:
    return world.installation.storage.read(lambda unit: unit.connections.circuit("main"))


def test_a_provider_that_is_down_is_asked_now_and_then_whatever_waits(world: World) -> None:
    for number in range(1, 21):
        world.finalize(number)
    provider, deliver = down(world, Ambiguous("no answer"))
    while deliver() is not None:
        pass
    assert provider.asked == failures_max
    world.clock.advance(timedelta(seconds=30))
    while deliver() is not None:
        pass
    assert provider.asked == failures_max + 1
    assert circuit(world).reason == "no answer"


def test_once_it_answers_everything_goes_out(world: World) -> None:
    for number in range(1, 11):
        world.finalize(number)
    _, deliver = down(world, Ambiguous("no answer"))
    while deliver() is not None:
        pass
    world.deliver_until_settled()
    assert circuit(world) == CLOSED


def test_one_connection_that_is_down_does_not_hold_another(world: World) -> None:
    world.finalize(1)
    for _ in range(failures_max):
        _, deliver = down(world, Ambiguous("no answer"))
        deliver()
        world.clock.advance(timedelta(minutes=5))
    world.installation.storage.transact(
        lambda unit: unit.deliveries.add(Delivery("dlv_x", "second", "inv_1", due_at=world.clock.now()))
    )
    world.clock.set(world.clock.now() - timedelta(minutes=5))
    assert world.deliver() is None
    world.clock.advance(timedelta(minutes=5))
    report = deliver_next(world.installation, "second", world.provider, jitter=lambda: 0)
    assert report is not None


def test_retry_after_holds_the_whole_connection(world: World) -> None:
    world.finalize(1)
    world.finalize(2)
    provider, deliver = down(world, Retryable("too many requests", retry_after_seconds=90))
    deliver()
    assert deliver() is None
    assert provider.asked == 1
    world.clock.advance(timedelta(seconds=90))
    world.deliver_until_settled()
    assert circuit(world) == CLOSED


def test_a_provider_that_is_left_alone_is_not_asked_for_changes_either(world: World) -> None:
    world.finalize(1)
    provider, deliver = down(world, Retryable("too many requests", retry_after_seconds=90))
    deliver()
    work = DeliveryWork(world.installation, "main", cast(BillingProvider, provider), seconds=lambda: 0.0)
    work.step()
    assert provider.asked == 1


@pytest.mark.parametrize(
    ("error", "is_failure"),
    [
        (Retryable("busy"), True),
        (Ambiguous("no answer"), True),
        (UnderWay("an earlier attempt may be under way", 600), None),
        (Permanent("declined"), False),
        (NeedsAttention("wrong total", "correct it"), False),
        (Unsupported("voids"), False),
        (KeyError("ours"), False),
        (None, False),
    ],
)
def test_what_counts_as_no_answer(clock: FixedClock, error: Exception | None, is_failure: bool | None) -> None:
    before = Circuit(failures=2, reason="no answer")
    after = circuit_after(before, error, clock.now())
    if is_failure is None:
        assert after == before
    else:
        assert after.failures == (3 if is_failure else 0)
