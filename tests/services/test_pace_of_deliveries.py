"""Deliveries keep to the provider's rate, however many workers there are, and one provider's outage is its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from gateway.core.delivery import DeliveryStatus
from gateway.plugin_api import BillingProvider, RatePolicy
from gateway.services.deliver import deliver_next
from gateway.services.installation import Installation
from gateway.services.pace import Pacer, SharedTurns
from gateway.testing import FakeHost
from tests.services.delivering import World
from tests.storage.examples import line
from tests.support import FixedClock
from tests.vendors.accounts import Account, connect, running
from tests.vendors.loopback import Fault

ONE_LINE = (line(1250),)
TEN_THOUSAND = (pytest.mark.slow, pytest.mark.timeout(3600))


class PacedHost(FakeHost):
    """A host that keeps a connection's pace, and notes when each request went out."""

    def __init__(self, pacer: Pacer, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._pacer = pacer
        self._now = now
        self.times: list[datetime] = []

    def pace(self) -> None:
        """See `ConnectionHost.pace`."""
        self._pacer.wait()
        self.times.append(self._now())


def worker(world: World, account: Account, rate: RatePolicy, times: list[datetime]) -> BillingProvider:
    """A worker's own way to an account; it sleeps by letting the time of all pass."""
    clock = world.clock

    def sleep(seconds: float) -> None:
        clock.advance(timedelta(seconds=seconds))

    turns = SharedTurns("main", world.installation.storage)
    host = PacedHost(Pacer(rate, turns, clock.now, sleep), clock.now)
    host.times = times
    return connect(account.table, host)


def most_within(times: list[datetime], window: timedelta) -> int:
    """How many requests went out within any such time, at most."""
    first = most = 0
    for last, time in enumerate(times):
        while time - times[first] >= window:
            first += 1
        most = max(most, last - first + 1)
    return most


@contextmanager
def accounts(clock: FixedClock, *vendors: str) -> Iterator[list[Account]]:
    if not vendors:
        yield []
        return
    with running(vendors[0], int(clock.now().timestamp())) as first, accounts(clock, *vendors[1:]) as others:
        yield [first, *others]


@pytest.mark.parametrize(
    ("vendor", "invoices"),
    # The last takes about 400 s of processor time, most of it in the SDK and in checking the contract.
    [
        ("stripe", 30),
        pytest.param("chargebee", 60, marks=pytest.mark.slow),
        pytest.param("recurly", 60, marks=pytest.mark.slow),
        pytest.param("stripe", 10_000, marks=TEN_THOUSAND),
    ],
)
def test_two_workers_together_send_as_fast_as_the_provider_allows_and_no_faster(
    sqlite_installation: Installation, clock: FixedClock, vendor: str, invoices: int
) -> None:
    world, times = World.of(sqlite_installation, clock), list[datetime]()
    with accounts(clock, vendor) as (account,):
        began_at = clock.now()
        for number in range(1, invoices + 1):
            world.finalize(number, lines=ONE_LINE)
        rate = connect(account.table, FakeHost()).capabilities.rate
        workers = [worker(world, account, rate, times) for _ in range(2)]
        for number in range(invoices):
            report = deliver_next(world.installation, "main", workers[number % 2])
            assert report is not None
            assert report.status is DeliveryStatus.DELIVERED

        assert len({held.our_id for held in account.invoices()}) == len(account.invoices()) == invoices
        assert len(times) == len(account.loopback.requests)
        assert most_within(times, timedelta(seconds=rate.seconds)) <= rate.requests
        spread = (len(times) - rate.burst) * rate.seconds / rate.requests
        assert (clock.now() - began_at).total_seconds() == pytest.approx(spread, abs=rate.seconds * 1.5)


def test_one_providers_outage_does_not_slow_another(sqlite_installation: Installation, clock: FixedClock) -> None:
    world = World.of(sqlite_installation, clock)
    with accounts(clock, "stripe", "recurly") as (down, up):
        down.loopback.faults = dict.fromkeys(range(1, 1000), Fault.BLACK_HOLE)
        world.finalize(1, lines=ONE_LINE, connection="down")
        for number in range(2, 12):
            world.finalize(number, lines=ONE_LINE, connection="up")
        waiting = threading.Thread(
            target=deliver_next, args=(world.installation, "down", connect(down.table, FakeHost()))
        )
        waiting.start()
        provider = connect(up.table, FakeHost())
        while deliver_next(world.installation, "up", provider) is not None:
            pass

        assert waiting.is_alive()
        assert len(up.invoices()) == 10
        down.loopback.released.set()
        waiting.join()
        assert [each.status for each in world.deliveries() if each.connection == "down"] == [DeliveryStatus.PENDING]
