"""Finalizing while a month is being closed never lands in the closed one; balances are what transfers add up to."""

import time
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.books.accounting_periods import ClosedBooks, PeriodChange, PeriodStatus
from gateway.core.books.months import month_before
from gateway.core.ledger import JournalEntry, Transfer
from gateway.core.money import Money
from gateway.core.ports.storage import Storage, UnitOfWork
from gateway.services.close_books import PeriodRequest, close_period
from gateway.services.installation import Installation
from gateway.services.show_books import accounts_of_kind, show_trial_balance
from gateway.services.verify_books import BooksVerification, verify_books
from gateway.storage.database import Database
from tests.services.billing import FEBRUARY, Company
from tests.services.processes import exit_codes, start_process
from tests.storage.examples import NOON
from tests.storage.statements import execute, rows

CUSTOMERS = 10
FEE = 49_00
BILLED = 2 * FEE + 10_00


def january(company: Company) -> int:
    """What is booked in January, in minor units."""
    found = company.read(lambda unit: unit.books.month_balances("default", "2026-01"))
    return sum(each.debit_minor for each in found)


def test_finalizing_while_the_month_is_closed_never_lands_in_it(company: Company, database_url: str) -> None:
    for number in range(CUSTOMERS):
        company.sign(f"customer-{number}")
    company.clock.set(FEBRUARY)
    billing = [start_process(database_url) for _ in range(2)]
    while january(company) < 3 * FEE:
        assert any(process.is_alive() for process in billing), "nothing was billed"
        time.sleep(0.005)
    close_period(company.installation, PeriodRequest("default", "2026-01", "ada", "k1"), "now")
    closed_with = january(company)

    assert exit_codes(*billing) == [0, 0]
    assert january(company) == closed_with
    owed = accounts_of_kind(company.installation, "default", "2026-02", "receivables", None, CUSTOMERS)
    assert {each.closing.amount_minor for each in owed} == {BILLED}
    assert len(owed) == CUSTOMERS > sum(each.opening_minor > 0 for each in owed)
    assert show_trial_balance(company.installation, "default", "2026-02").is_balanced
    assert verify_books(company.installation).differing == 0


def post(unit: UnitOfWork, key: str, day: date, amount: int, account: str) -> None:
    moved = Transfer(f"receivables:{account}", "revenue:calls", Money(amount, "USD"), "s")
    unit.books.post(JournalEntry(key, day, NOON, (moved,)))


DAYS = st.dates(date(2025, 12, 1), date(2026, 5, 31))
POSTINGS = st.tuples(DAYS, st.integers(1, 2**63 - 1), st.sampled_from("abc"))
STEPS = st.one_of(
    st.tuples(
        st.just("post"), st.lists(st.tuples(DAYS, st.integers(1, 2**63 - 1), st.sampled_from("abc")), max_size=3)
    ),
    st.tuples(st.just("close"), st.sampled_from(["2025-12", "2026-01", "2026-02", "2026-03", "2026-04"])),
    st.tuples(st.just("reopen"), st.none()),
)


@given(steps=st.lists(STEPS, max_size=10))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_balances_are_what_transfers_add_up_to_after_any_order_of_steps(
    sqlite_installation: Installation, steps: list[tuple[str, object]]
) -> None:
    storage, ids = sqlite_installation.storage, sqlite_installation.ids
    start = verify_books(sqlite_installation).transfers
    posted = 0
    for verb, given_ in steps:
        before = storage.read(lambda unit: unit.accounting_periods.closed_books("default"))
        if verb == "post":
            several = [(ids.new("e"), *each) for each in given_]  # type: ignore[attr-defined]
            storage.transact(lambda unit, several=several: [post(unit, *each) for each in several])
            closed_through = before.closed_through or ""
            assert all(day[:7] > closed_through for day in _days(storage, [key for key, *_ in several]))
            posted += len(several)
            continue
        through = given_ if verb == "close" else before.closed_through and month_before(before.closed_through)
        storage.transact(lambda unit, through=through: _put(unit, through))  # type: ignore[misc]
    assert verify_books(sqlite_installation) == BooksVerification(start + posted, 0, ())


def _days(storage: Storage, keys: list[str]) -> list[str]:
    """On which days entries are booked."""
    named = ", ".join(f"'{key}'" for key in keys) or "''"
    found = rows(storage, f"SELECT accounting_day FROM journal_entry WHERE key IN ({named})")  # type: ignore[arg-type]
    return [day for (day,) in found]


def _put(unit: UnitOfWork, through: str | None) -> None:
    unit.accounting_periods.lock_to_change("default")
    ordinal = len(unit.accounting_periods.changes("default")) + 1
    status = PeriodStatus.OPEN, PeriodStatus.CLOSED
    change = PeriodChange("default", ordinal, through or "2025-11", *status, "ada", None, NOON)
    unit.accounting_periods.change(ClosedBooks(through), change)


def test_verifying_names_the_first_balances_that_differ(installation: Installation, database: Database) -> None:
    database.transact(lambda unit: post(unit, "e1", date(2026, 3, 1), 1250, "a"))
    database.transact(lambda unit: post(unit, "e2", date(2026, 4, 1), 50, "b"))
    told: list[tuple[int, int]] = []
    assert verify_books(installation, "default", lambda *done: told.append(done)) == BooksVerification(2, 0, ())
    assert told == [(1, 2), (2, 2)]

    execute(database, "UPDATE account_balance SET debit_low = 1249 WHERE account = 'receivables:a'")
    execute(database, "DELETE FROM account_balance WHERE month = '2026-04'")
    found = verify_books(installation)
    assert (found.transfers, found.differing) == (2, 3)
    assert [(each.account, each.month, each.kept, each.added_up) for each in found.differences] == [
        ("receivables:a", "2026-03", (1249, 0), (1250, 0)),
        ("receivables:b", "2026-04", (0, 0), (50, 0)),
        ("revenue:calls", "2026-04", (0, 0), (0, 50)),
    ]


def test_the_balances_of_kinds_are_verified_too(installation: Installation, database: Database) -> None:
    database.transact(lambda unit: post(unit, "e1", date(2026, 3, 1), 1250, "a"))
    execute(database, "UPDATE kind_balance SET credit_low = 7 WHERE kind = 'revenue'")

    found = verify_books(installation)

    assert [(each.account, each.kept, each.added_up) for each in found.differences] == [("revenue", (0, 7), (0, 1250))]


def test_only_the_first_differences_are_kept(
    sqlite_installation: Installation, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.services.verify_books.differences_shown_max", 1)
    sqlite_database.transact(lambda unit: post(unit, "e1", date(2026, 3, 1), 1250, "a"))
    execute(sqlite_database, "DELETE FROM account_balance")
    found = verify_books(sqlite_installation)
    assert (found.differing, [each.account for each in found.differences]) == (2, ["receivables:a"])
