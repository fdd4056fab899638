"""What balances are read as: kinds, their accounts, and the transfers behind those."""

from datetime import date

import pytest

from gateway.core.books.trial_balance import Balance
from gateway.core.ledger import Transfer
from gateway.core.money import Money
from gateway.core.ports.storage import UnitOfWork
from gateway.storage.database import Database
from tests.storage.examples import NOON, entry

FEBRUARY, MARCH = date(2026, 2, 28), date(2026, 3, 1)


def moved(debit: str, credit: str, amount: int, currency: str = "EUR") -> Transfer:
    return Transfer(debit, credit, Money(amount, currency), "s")


def store(unit: UnitOfWork) -> None:
    early = (moved("receivables:a", "revenue:x", 100), moved("receivables:b", "breakage", 7))
    late = (moved("receivables:a", "revenue:x", 20), moved("cash:main", "receivables:a", 110))
    unit.books.post(entry(key="e1", accounting_day=FEBRUARY, transfers=early))
    unit.books.post(entry(key="e2", accounting_day=MARCH, transfers=late))
    unit.books.post(entry(key="e3", accounting_day=MARCH, transfers=(moved("receivables:a", "revenue:x", 5, "JPY"),)))
    unit.books.post(entry(key="e4", accounting_day=date(2026, 4, 1), transfers=early))


@pytest.fixture
def stored(database: Database) -> Database:
    database.transact(store)
    return database


def test_kinds_hold_what_their_accounts_do(stored: Database) -> None:
    assert stored.read(lambda unit: unit.books.kind_balances("default", "2026-03")) == [
        Balance("breakage", "EUR", -7, 0, 0),
        Balance("cash", "EUR", 0, 110, 0),
        Balance("receivables", "EUR", 107, 20, 110),
        Balance("receivables", "JPY", 0, 5, 0),
        Balance("revenue", "EUR", -100, 0, 20),
        Balance("revenue", "JPY", 0, 0, 5),
    ]


def test_accounts_of_a_kind_come_in_pages(stored: Database) -> None:
    every = [
        Balance("receivables:a", "EUR", 100, 20, 110),
        Balance("receivables:a", "JPY", 0, 5, 0),
        Balance("receivables:b", "EUR", 7, 0, 0),
    ]

    def page(after: tuple[str, str] | None, limit: int) -> list[Balance]:
        return stored.read(lambda unit: unit.books.account_balances("default", "2026-03", "receivables", after, limit))

    assert page(None, 2) == every[:2]
    assert page(("receivables:a", "JPY"), 2) == every[2:]
    assert page(("receivables:a", "EUR"), 9) == every[1:]


def test_a_kind_of_one_account_has_that(stored: Database) -> None:
    found = stored.read(lambda unit: unit.books.account_balances("default", "2026-03", "breakage", None, 9))
    assert found == [Balance("breakage", "EUR", -7, 0, 0)]


def test_amounts_beyond_64_bits_add_up(database: Database) -> None:
    largest = 2**63 - 1
    for number, day in enumerate((FEBRUARY, FEBRUARY, MARCH, MARCH), start=1):
        database.transact(
            lambda unit, number=number, day=day: unit.books.post(entry(number, largest, accounting_day=day))
        )
    assert database.read(lambda unit: unit.books.kind_balances("default", "2026-03")) == [
        Balance("receivables", "EUR", 2 * largest, 2 * largest, 0),
        Balance("revenue", "EUR", -2 * largest, 0, 2 * largest),
    ]


def test_transfers_of_an_account_come_in_the_order_of_the_books(stored: Database) -> None:
    def page(account: str, after: tuple[str, str, int] | None = None, month: str = "2026-03") -> list[tuple[str, int]]:
        found = stored.read(lambda unit: unit.books.booked("default", month, account, after, 2))
        return [(each.entry, each.ordinal) for each in found]

    assert page("receivables:a") == [("e2", 0), ("e2", 1)]
    assert page("receivables:a", ("2026-03-01", "e2", 1)) == [("e3", 0)]
    assert page("cash:main") == [("e2", 1)]
    assert page("revenue:x", month="2026-02") == [("e1", 0)]
    assert page("receivables:c") == []


def test_a_booked_transfer_has_its_days_and_its_place(stored: Database) -> None:
    [found] = stored.read(lambda unit: unit.books.booked("default", "2026-03", "cash:main", None, 9))
    assert found.transfer == moved("cash:main", "receivables:a", 110)
    assert (found.accounting_day, found.effective_day, found.posted_at) == (MARCH, MARCH, NOON)
    assert found.place == ("2026-03-01", "e2", 1)


def test_transfers_add_up_to_the_balances_of_a_month(stored: Database) -> None:
    def both(unit: UnitOfWork) -> tuple[object, object, int]:
        added_up = unit.books.added_up("default", "2026-03")
        return added_up.balances, unit.books.month_balances("default", "2026-03"), added_up.transfers

    added_up, kept, transfers = stored.read(both)
    assert (added_up, transfers) == (kept, 3)


def test_months_are_those_of_entries_and_of_balances(stored: Database) -> None:
    assert stored.read(lambda unit: unit.books.months("default")) == {"2026-02", "2026-03", "2026-04"}
    assert stored.read(lambda unit: unit.books.months("de")) == set()
