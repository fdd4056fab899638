"""A re-rating job may end at any point and run again, or twice at once: each difference is booked once."""

import pytest

from gateway.core.errors import InvalidValue
from gateway.services.rerate import run_rerate, run_unfinished, start_rerate
from tests.services.billing import FEBRUARY, MARCH, Company, amounts
from tests.services.delivering import Crash, CrashPoints
from tests.services.mortal import Mortal
from tests.services.processes import at_once
from tests.services.rerating import LATE, void_calls


def started(company: Company) -> str:
    """A job over a customer who owes more, one who was overcharged, and one whose subscription is over."""
    company.sign("acme")
    company.sign("globex")
    company.sign("initech", ends_at=FEBRUARY)
    for customer in ("globex", "acme", "initech"):
        company.call("2026-01-05T12:00:00Z", customer=customer, times=10)
    company.bill(FEBRUARY)
    void_calls(company, 3)
    for customer in ("acme", "initech"):
        company.call("2026-01-20T12:00:00Z", customer=customer, times=2)
    return start_rerate(company.installation, LATE, "late events", "ada", "once")


def assert_booked_once(company: Company) -> None:
    """Two lines to pay, one of them at once, and one credit note; the job is over."""
    company.bill(MARCH)
    adjusted = [
        (invoice.customer, invoice.key.kind, *amounts(invoice)[ordinal])
        for invoice in company.invoices()
        for ordinal, line in enumerate(invoice.lines)
        if line.is_adjustment
    ]
    notes = company.read(lambda unit: unit.credit_notes.page(None, 100))
    assert sorted(adjusted) == [
        ("acme", "period", "calls", "2", "1.98"),
        ("initech", "adjustment", "calls", "2", "1.98"),
    ]
    assert [(note.customer, str(note.total)) for note in notes] == [("globex", "2.97")]
    assert not company.read(lambda unit: unit.rerating.unfinished())


def test_a_process_that_ends_at_every_point_in_turn_gets_there(company: Company) -> None:
    job = started(company)
    ended = 0
    for crash_at in range(1, 100):
        mortal = company.on(Mortal(company.installation.storage, CrashPoints(crash_at)))
        try:
            run_rerate(mortal.installation, job)
        except Crash:
            ended += 1
            continue
        break

    assert ended > 5
    assert_booked_once(company)


def test_two_processes_at_once_book_each_difference_once(company: Company, other_company: Company) -> None:
    job = started(company)

    at_once(lambda: run_rerate(company.installation, job), lambda: run_rerate(other_company.installation, job))

    assert_booked_once(company)


def test_the_billing_worker_carries_on_what_was_started(sqlite_company: Company) -> None:
    started(sqlite_company)

    run_unfinished(sqlite_company.installation)

    assert_booked_once(sqlite_company)


def test_a_key_starts_one_job(sqlite_company: Company) -> None:
    job = started(sqlite_company)

    assert start_rerate(sqlite_company.installation, LATE, "late events", "ada", "once") == job


def test_a_job_needs_a_reason(sqlite_company: Company) -> None:
    with pytest.raises(InvalidValue, match="reason"):
        start_rerate(sqlite_company.installation, LATE, "", "ada", "other")
