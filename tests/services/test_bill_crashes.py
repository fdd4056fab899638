"""Billing ends anywhere and runs again, or runs twice at once: one invoice each, one number each."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from gateway.core.invoices import InvoiceStatus
from gateway.core.ports import Priority, UnitOfWork
from gateway.services.approve import approve
from gateway.services.bill import bill_due
from gateway.services.project import Projector
from gateway.storage.database import Database, open_database
from tests.services.billing import FEBRUARY, Company, amounts
from tests.services.delivering import Crash, CrashPoints

EXPECTED = [
    ("acme", "period", [("base", "1", "49.00")]),
    ("globex", "period", [("base", "1", "49.00")]),
    (
        "acme", "period",
        [("base", "1", "49.00"), ("calls", "4", "5.49"), ("users", "1", "4.00"), ("minimum", "1", "0.51")],
    ),
    ("globex", "advance", [("base", "1", "49.00")]),
    ("globex", "period", [("calls", "0", "0.00"), ("users", "0", "0.00"), ("minimum", "1", "10.00")]),
]  # fmt: skip
points_in_a_run = 30


class Mortal:
    """A storage whose process may end before and after every transaction, and within it, before it is durable."""

    def __init__(self, storage: Database, point: Callable[[str], None]) -> None:
        self._storage = storage
        self._point = point

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    def transact(self, work: Callable[[UnitOfWork], Any], priority: Priority = Priority.INTERACTIVE) -> Any:
        def and_then_die(unit: UnitOfWork) -> Any:
            result = work(unit)
            self._point("within a transaction")
            return result

        self._point("before a transaction")
        result = self._storage.transact(and_then_die, priority)
        self._point("after a transaction")
        return result


def prepare(company: Company) -> None:
    """Two customers, the second with a hold."""
    company.sign("acme")
    company.sign("globex")
    company.call("2026-01-05T12:00:00Z", times=4)
    company.upload("2026-01-05T12:00:00Z", "lots", customer="globex")
    company.clock.set(FEBRUARY)


def bill_mortally(company: Company, point: Callable[[str], None]) -> None:
    mortal = company.on(Mortal(company.installation.storage, point)).installation
    bill_due(mortal, Projector(mortal))


def assert_billed_once(company: Company) -> None:
    invoices = company.invoices()
    assert [(each.customer, each.key.kind, amounts(each)) for each in invoices] == EXPECTED
    assert [each.status for each in invoices] == [InvoiceStatus.FINALIZED] * 4 + [InvoiceStatus.HELD]
    assert {each.number for each in invoices[:4]} == {f"INV-{n:06}" for n in range(1, 5)}
    deliveries = company.read(lambda unit: unit.deliveries.by_document([each.id for each in invoices]))
    assert {name: len(found) for name, found in deliveries.items()} == {each.id: 1 for each in invoices[:4]}
    assert sum(company.read(lambda unit: unit.books.balances()).values()) == 0
    assert company.read(lambda unit: unit.books.balances())[("receivables:globex", "USD")] == 9800


@pytest.mark.parametrize("crash_at", range(1, points_in_a_run + 1))
def test_after_a_crash_the_next_run_finishes(sqlite_company: Company, crash_at: int) -> None:
    prepare(sqlite_company)
    with pytest.raises(Crash):
        bill_mortally(sqlite_company, CrashPoints(crash_at))

    sqlite_company.bill()

    assert_billed_once(sqlite_company)


def test_a_run_passes_as_many_points_as_the_test_above_crashes_at(sqlite_company: Company) -> None:
    prepare(sqlite_company)
    points = CrashPoints()

    bill_mortally(sqlite_company, points)

    assert len(points.passed) == points_in_a_run


def test_a_process_that_ends_at_every_point_in_turn_gets_there(company: Company) -> None:
    prepare(company)
    for crash_at in range(1, 100):
        try:
            bill_mortally(company, CrashPoints(crash_at))
        except Crash:
            continue
        break

    assert_billed_once(company)


@pytest.fixture
def other_company(company: Company, database_url: str) -> Iterator[Company]:
    """The same company in another process: its own connections, its own projector."""
    storage = open_database(database_url, synchronous="OFF")
    other = company.on(storage)
    other.installation = replace(other.installation, ids=company.installation.ids)
    yield other
    storage.close()


def at_once(*works: Callable[[], object]) -> None:
    """Run all of them at the same time, and raise what any of them raised."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        barrier.wait()
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        for future in [pool.submit(run, work) for work in works]:
            future.result()


def test_two_processes_that_bill_at_once_make_one_invoice_each(company: Company, other_company: Company) -> None:
    prepare(company)

    at_once(company.bill, other_company.bill)

    assert_billed_once(company)


def test_two_people_who_approve_at_once_and_two_runs_make_one_number(company: Company, other_company: Company) -> None:
    prepare(company)
    company.bill()
    held = company.invoices()[-1]

    def approve_and_bill(one: Company, key: str) -> None:
        try:
            approve(one.installation, held.id, key, "checked", key)
        finally:
            one.bill()

    with pytest.raises(Exception, match="only a held one can be approved"):
        at_once(lambda: approve_and_bill(company, "one"), lambda: approve_and_bill(other_company, "two"))

    final = company.invoices()[-1]
    assert (final.status, final.number) == (InvoiceStatus.FINALIZED, "INV-000005")
    assert len(company.read(lambda unit: unit.deliveries.by_document([held.id]))[held.id]) == 1
