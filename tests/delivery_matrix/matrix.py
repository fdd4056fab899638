"""Every cell of the matrix, and what it takes to run one."""

import signal
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from gateway.core.delivery import DeliveryStatus
from gateway.core.ports.storage import UnitOfWork
from gateway.services.delivery_errand import lease
from gateway.services.installation import Installation
from gateway.storage.database import Database, open_database
from tests.delivery_matrix.case import Case, deliver_one, host_in, plugin_of
from tests.delivery_matrix.cells import FAULTS, TROUBLES_OF_THE_NETWORK, Cell, Trouble, When
from tests.delivery_matrix.errands import ERRANDS, Errand, Withdrawal
from tests.delivery_matrix.journal_errands import JOURNAL_ERRANDS, JournalErrand
from tests.delivery_matrix.lives import Points, Process, Worker, crash, live
from tests.fresh_database import fresh_database
from tests.services.delivering import World
from tests.shared_statements import share_statements
from tests.support import CountingIds, FixedClock
from tests.vendors.accounts import ACCOUNTS, running
from tests.vendors.books import BOOKS, OVER_WIRE, open_books
from tests.vendors.loopback import Loopback

VENDORS = [*ACCOUNTS, *BOOKS]
attempts_max = 40
out_of_reach_for = 2
"""So many attempts find nobody at the other end."""
keys_forgotten_after = timedelta(hours=25)
lease_over_after = lease + timedelta(seconds=1)
_KEPT = ("delivery", "delivery_step", "external_ref")
patience_seconds = 1.0
"""How long an answer is waited for where there may be a black hole."""


def errands_of(vendor: str) -> Mapping[str, type[Errand] | type[JournalErrand]]:
    """What is delivered to a vendor, or to an accounting system."""
    return JOURNAL_ERRANDS if vendor in BOOKS else ERRANDS


def has_network(vendor: str) -> bool:
    """Whether requests go there."""
    return vendor not in BOOKS or vendor in OVER_WIRE


def cells(vendor: str, errand: str) -> Iterator[Cell]:
    """All cells of an errand at a vendor; its points are those of a life in which nothing goes wrong."""
    for point, (name, begun) in enumerate(points_of(vendor, errand), 1):
        for is_expired in (False, True):
            yield Cell(vendor, errand, point, is_key_expired=is_expired)
            for trouble in TROUBLES_OF_THE_NETWORK if has_network(vendor) else ():
                for when in When:
                    if begun or when is When.AFTERWARDS:
                        yield Cell(vendor, errand, point, trouble, when, is_expired)
        for trouble in Trouble:
            # One that is stopped for longer than a request can be under way is ended by its supervisor, and one within
            # a transaction holds everyone up.
            if trouble.is_stop and errand != Withdrawal.name and name != "within a transaction":
                yield Cell(vendor, errand, point, trouble)


@cache
def points_of(vendor: str, errand: str) -> list[tuple[str, int]]:
    """The points that a life without faults passes, each with the number of requests begun by then."""
    points = Points(0, crash)
    with _case(vendor) as (case, database, worker):
        errands_of(vendor)[errand]().prepare(case)
        assert live(worker, points, database)
    return points.passed


def run(cell: Cell, is_killed: bool = True) -> bool:
    """Run a cell; whether its worker came to the point where it had to end. Raises whatever is wrong in the end.

    The worker is a process that is killed, or else ends by an exception in this one.
    """
    begun = points_of(cell.vendor, cell.errand)[cell.point - 1][1]
    patience = patience_seconds if cell.trouble is Trouble.BLACK_HOLE else None
    with _case(cell.vendor, cell.point, patience) as (case, database, worker):
        errand, loopback = errands_of(cell.vendor)[cell.errand](), case.account.loopback
        final = errand.prepare(case)
        asked = len(loopback.requests)
        if cell.trouble.is_stop:
            return _stop_and_go_on(case, errand, final, worker, cell.trouble is Trouble.STOPPED_WITH_ITS_CLOCK)
        if cell.when is When.DURING:
            _arm(loopback, cell.trouble, asked + begun)
        has_ended = _end(loopback, worker) if is_killed else _crash(loopback, worker, database)
        _pass(case, keys_forgotten_after if cell.is_key_expired else lease_over_after)
        errand.after_the_end(case, final)
        if cell.when is When.AFTERWARDS:
            _arm(loopback, cell.trouble, len(loopback.requests) + 1)
        _come_back(case, plugin_of(case.account.table, host_in(database), patience))
        errand.check(case, final)
        return has_ended


@contextmanager
def _case(vendor: str, ends_at: int = 0, patience: float | None = None) -> Iterator[tuple[Case, Database, Worker]]:
    clock = FixedClock()
    start = open_books if vendor in BOOKS else running
    with fresh_database() as path, start(vendor, _seconds(clock.now())) as account:
        url = f"sqlite:///{path}"
        share_statements()
        database = open_database(url, synchronous="OFF")
        world = World.of(Installation(database, clock, clock, CountingIds(), "main"), clock)
        worker = Worker(url, clock.now(), account.table, ends_at, patience)
        plugin = plugin_of(account.table, host_in(database))
        # What a connection needs to begin with, such as tokens, is there before anything is delivered.
        plugin.check()
        try:
            yield Case(world, account, plugin), database, worker
        finally:
            database.close()


def _arm(loopback: Loopback[Any], trouble: Trouble, first: int) -> None:
    """Let it go wrong from the request `first` on."""
    if trouble is Trouble.REFUSED:
        loopback.out_of_reach_from = first
        if first == len(loopback.requests) + 1:
            loopback.go_away()
    elif trouble is not Trouble.NONE:
        fault, requests = FAULTS[trouble]
        loopback.faults = dict.fromkeys(range(first, first + requests), fault)


def _end(loopback: Loopback[Any], worker: Worker) -> bool:
    """Let a process live, which is killed at its point; whether it was."""
    before = len(loopback.requests)
    process = Process(worker)
    is_alive = process.wait()
    _wait_for_arrival(loopback, before + process.sent)
    return not is_alive


def _crash(loopback: Loopback[Any], worker: Worker, database: Database) -> bool:
    before, points = len(loopback.requests), Points(worker.ends_at, crash)
    is_alive = live(worker, points, database)
    _wait_for_arrival(loopback, before + points.sent)
    return not is_alive


def _stop_and_go_on(case: Case, errand: Any, final: Any, worker: Worker, is_unaware: bool) -> bool:
    """Let a process stand still at its point until others have done its work; what it does then changes nothing."""
    process, began_at = Process(worker, signal.SIGSTOP), case.world.clock.now()
    was_stopped = process.wait_for_stop()
    _pass(case, lease_over_after)
    _come_back(case, case.plugin)
    errand.check(case, final)
    stored, gone_by = _stored(worker), case.world.clock.now() - began_at
    if was_stopped:
        process.wake(0 if is_unaware else int(gone_by.total_seconds()))
    assert _stored(worker) == stored, "what it did on waking is stored"
    errand.check(case, final)
    return was_stopped


def _stored(worker: Worker) -> list[list[tuple[Any, ...]]]:
    """All that is kept of deliveries."""
    with closing(sqlite3.connect(worker.url.removeprefix("sqlite:///"))) as database:
        return [database.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in _KEPT]


def _wait_for_arrival(loopback: Loopback[Any], requests: int) -> None:
    """What has left arrives, whether or not its sender lives."""
    deadline = time.monotonic() + 10
    while len(loopback.requests) < requests:
        assert time.monotonic() < deadline, f"{len(loopback.requests)} of {requests} requests have arrived"
        time.sleep(0.001)
    with loopback.lock:
        pass


def _pass(case: Case, by: timedelta) -> None:
    case.world.clock.advance(by)
    fake = case.account.loopback.fake
    fake.now = max(fake.now, _seconds(case.world.clock.now()))


def _come_back(case: Case, plugin: Any) -> None:
    """Workers deliver until nothing is left to do, whatever the network does meanwhile."""
    world, loopback = case.world, case.account.loopback
    for attempt in range(1, attempts_max):
        is_idle = deliver_one(world.installation, plugin) is None
        if attempt == out_of_reach_for:
            loopback.come_back()
        parked = [each for each in world.deliveries() if each.status is DeliveryStatus.PARKED]
        assert not parked, parked
        next_at = world.installation.storage.read(_next_at)
        if next_at is None:
            loopback.come_back()
            loopback.faults.clear()
            return
        # What is behind another document is not due before that one is there.
        _pass(case, max(next_at - world.clock.now(), timedelta(minutes=is_idle)))
    raise AssertionError(f"still not delivered after {attempts_max} attempts: {world.deliveries()}")


def _next_at(unit: UnitOfWork) -> datetime | None:
    """When something may be delivered next; None if nothing is left."""
    due_at = unit.deliveries.next_due_at("main")
    return due_at and max(due_at, unit.connections.circuit("main").open_until or due_at)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
