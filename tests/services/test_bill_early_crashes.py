"""Progressive billing ends anywhere and runs again, or runs twice at once: each usage is billed once."""

import signal

import pytest

from gateway.core.invoicing.invoice import InvoiceStatus
from tests.services.billing import FEBRUARY, Company, amounts
from tests.services.delivering import Crash, CrashPoints
from tests.services.early import january, progressive, use, with_thresholds
from tests.services.processes import at_once, bill_mortally, exit_codes, start_process

points_in_a_run = 18


def prepare(company: Company) -> None:
    """Two customers who have reached the threshold, and one who has not; their fees are billed."""
    company.define(with_thresholds(period=["10"]))
    for customer in ("acme", "globex", "umbrella"):
        company.sign(customer)
    company.bill(january(1, 0))
    use(company, january(5))
    for customer, times in (("acme", 5), ("globex", 9)):
        company.call(january(5).isoformat(), "ann", customer, times)
        company.call(january(5).isoformat(), "bob", customer)
    company.call(january(5).isoformat(), "ann", "umbrella")


def assert_billed_once(company: Company) -> None:
    """Each reached the threshold once; closing the period takes it off."""
    early = progressive(company)
    assert [(each.customer, each.key.sequence, amounts(each)) for each in early] == [
        ("acme", 0, [("calls", "6", "7.47"), ("users", "2", "8.00")]),
        ("globex", 0, [("calls", "10", "11.43"), ("users", "2", "8.00")]),
    ]
    assert {each.status for each in early} == {InvoiceStatus.FINALIZED}
    assert {each.number for each in company.invoices()} == {f"INV-{n:06}" for n in range(1, 6)}
    deliveries = company.read(lambda unit: unit.deliveries.by_document([each.id for each in early]))
    assert {len(found) for found in deliveries.values()} == {1}
    company.bill(FEBRUARY)
    closing = {each.customer: str(each.total) for each in company.invoices() if each.key.boundary_at == FEBRUARY}
    assert closing == {"acme": "49.00", "globex": "49.00", "umbrella": "59.00"}


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


def test_two_processes_that_bill_at_once_make_one_invoice_each(company: Company, other_company: Company) -> None:
    prepare(company)

    at_once(company.bill, other_company.bill)

    assert_billed_once(company)


@pytest.mark.parametrize("crash_at", [5, 12])
def test_after_a_kill_the_next_process_finishes(company: Company, database_url: str, crash_at: int) -> None:
    prepare(company)
    killed = exit_codes(start_process(database_url, crash_at, january(5)))

    finishing = exit_codes(start_process(database_url, now=january(5)))

    assert (killed, finishing) == ([-signal.SIGKILL], [0])
    assert_billed_once(company)
