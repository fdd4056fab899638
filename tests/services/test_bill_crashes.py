"""Billing ends anywhere and runs again, or runs twice at once: one invoice each, one number each."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.core.invoicing.invoice import InvoiceStatus
from gateway.services.resolve_review import approve
from tests.services.billing import FEBRUARY, Company, amounts
from tests.services.ending_anywhere import EndsAnywhere
from tests.services.processes import at_once, billed_in_an_environment, exit_codes, start_process

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


def prepare(company: Company) -> None:
    """Two customers, the second with a hold."""
    company.sign("acme")
    company.sign("globex")
    company.call("2026-01-05T12:00:00Z", times=4)
    company.upload("2026-01-05T12:00:00Z", "lots", customer="globex")
    company.clock.set(FEBRUARY)


def assert_billed_once(company: Company) -> None:
    invoices = company.invoices()
    assert [(each.customer, each.key.kind, amounts(each)) for each in invoices] == EXPECTED
    assert [each.status for each in invoices] == [InvoiceStatus.FINALIZED] * 4 + [InvoiceStatus.HELD]
    assert {each.number for each in invoices[:4]} == {f"INV-{n:06}" for n in range(1, 5)}
    deliveries = company.read(lambda unit: unit.deliveries.by_document([each.id for each in invoices]))
    assert {name: len(found) for name, found in deliveries.items()} == {each.id: 1 for each in invoices[:4]}
    assert sum(company.read(lambda unit: unit.books.balances()).values()) == 0
    assert company.read(lambda unit: unit.books.balances())[("receivables:globex", "USD")] == 9800


class TestBillingABoundary(EndsAnywhere):
    points_in_a_run = points_in_a_run

    def prepare(self, company: Company) -> None:
        prepare(company)

    def assert_billed_once(self, company: Company) -> None:
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


@pytest.mark.parametrize(
    "crash_at", [n if n % 9 == 5 else pytest.param(n, marks=pytest.mark.slow) for n in range(1, points_in_a_run + 1)]
)
def test_after_a_kill_the_next_process_finishes(company: Company, database_url: str, crash_at: int) -> None:
    prepare(company)
    killed = exit_codes(start_process(database_url, crash_at))

    finishing = exit_codes(start_process(database_url))

    assert (killed, finishing) == ([-signal.SIGKILL], [0])
    assert_billed_once(company)


def test_processes_that_bill_at_once_make_one_invoice_each(company: Company, database_url: str) -> None:
    prepare(company)
    processes = [start_process(database_url) for _ in range(3)]
    codes = exit_codes(*processes)

    assert codes == [0, 0, 0]
    assert_billed_once(company)


ENVIRONMENTS = [
    {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "2", "TZ": "Asia/Kolkata", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "3", "TZ": "America/St_Johns", "LC_ALL": "tr_TR.UTF-8"},
]


def test_an_invoice_is_the_same_under_any_hash_seed_zone_and_locale(
    sqlite_company: Company, sqlite_url: str, tmp_path: Path
) -> None:
    prepare(sqlite_company)
    sqlite_company.projector.catch_up()
    documents = []
    for number, environment in enumerate(ENVIRONMENTS):
        copy = tmp_path / f"copy-{number}.db"
        original = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
        with closing(original) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        documents.append(billed_in_an_environment(f"sqlite:///{copy}", **environment))

    assert len(documents[0]) > 1000
    assert documents[0] == documents[1] == documents[2]
