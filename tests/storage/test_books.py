"""The ledger."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.core.books.accounting_periods import MonthBalance
from gateway.core.ledger import Transfer
from gateway.core.money import Money
from gateway.core.ports.storage import UnitOfWork
from gateway.storage.database import Database
from tests.storage.examples import NOON, entry
from tests.storage.statements import execute


def test_an_entry_is_posted_once(database: Database) -> None:
    assert database.transact(lambda unit: unit.books.post(entry()))
    assert not database.transact(lambda unit: unit.books.post(entry(amount_minor=99)))
    assert database.read(lambda unit: unit.books.transfers("inv_1/")) == list(entry().transfers)


def test_of_two_workers_only_one_posts_an_entry(database: Database, second_database: Database) -> None:
    together = Barrier(2)

    def post(door: Database, number: int) -> bool:
        together.wait()
        return door.transact(lambda unit: unit.books.post(entry(number)))

    with ThreadPoolExecutor(2) as pool:
        for number in range(1, 11):
            futures = [pool.submit(post, door, number) for door in (database, second_database)]
            assert {future.result() for future in futures} == {True, False}
    assert database.read(lambda unit: unit.books.balances())["receivables:acme-1", "EUR"] == 12_500


def test_transfers_are_found_by_the_beginning_of_their_source(database: Database) -> None:
    later = entry(1, 300, key="credit", posted_at=NOON + timedelta(seconds=1))

    def post(unit: UnitOfWork) -> None:
        for posted in (later, entry(1), entry(10), entry(2)):
            unit.books.post(posted)
        shouting = Transfer("a", "b", Money(1, "EUR"), "INV_1/0")
        unit.books.post(entry(99, transfers=(shouting,)))

    database.transact(post)
    found = database.read(lambda unit: unit.books.transfers("inv_1/"))
    assert [(transfer.source, transfer.amount.amount_minor) for transfer in found] == [
        ("inv_1/0", 1250),
        ("inv_1/0", 300),
    ]
    assert len(database.read(lambda unit: unit.books.transfers(""))) == 5


def test_balances_are_debits_less_credits_by_currency(database: Database) -> None:
    owed, earned = "receivables:acme-1", "revenue:traffic"
    yen = Transfer(owed, earned, Money(7, "JPY"), "inv_2/0")
    back = Transfer(earned, owed, Money(250, "EUR"), "inv_3/0")
    for posted in (entry(1), entry(2, transfers=(yen,)), entry(3, transfers=(back,))):
        database.transact(lambda unit, posted=posted: unit.books.post(posted))
    assert database.read(lambda unit: unit.books.balances()) == {
        (owed, "EUR"): 1000,
        (owed, "JPY"): 7,
        (earned, "EUR"): -1000,
        (earned, "JPY"): -7,
    }


def test_balances_beyond_64_bits_are_exact(database: Database) -> None:
    largest = 2**63 - 1
    for number in range(1, 4):
        database.transact(lambda unit, number=number: unit.books.post(entry(number, largest)))
    assert database.read(lambda unit: unit.books.balances()) == {
        ("receivables:acme-1", "EUR"): 3 * largest,
        ("revenue:traffic", "EUR"): -3 * largest,
    }


def test_balances_include_what_the_same_transaction_posted(database: Database) -> None:
    def post_and_look(unit: UnitOfWork) -> list[int]:
        unit.books.post(entry(1))
        before = unit.books.balances()["receivables:acme-1", "EUR"]
        unit.books.post(entry(2))
        return [before, unit.books.balances_by_month("default", "2026-03")[0].debit_minor]

    assert database.transact(post_and_look) == [1250, 2500]
    assert database.read(lambda unit: unit.books.balances())["receivables:acme-1", "EUR"] == 2500


def test_what_is_undone_leaves_no_balance(database: Database) -> None:
    def post_and_fail(unit: UnitOfWork) -> None:
        unit.books.post(entry(1))
        raise RuntimeError("out of luck")

    with pytest.raises(RuntimeError):
        database.transact(post_and_fail)
    database.transact(lambda unit: unit.books.post(entry(2)))
    assert database.read(lambda unit: unit.books.balances())["receivables:acme-1", "EUR"] == 1250


def test_months_are_read_through_one_of_them(database: Database) -> None:
    for number, day in enumerate((date(2026, 1, 31), date(2026, 2, 1), date(2026, 3, 1)), start=1):
        database.transact(lambda unit, number=number, day=day: unit.books.post(entry(number, accounting_day=day)))
    assert database.read(lambda unit: unit.books.balances_by_month("default", "2026-02")) == [
        MonthBalance(month, account, "EUR", debit, 1250 - debit)
        for month in ("2026-01", "2026-02")
        for account, debit in (("receivables:acme-1", 1250), ("revenue:traffic", 0))
    ]


@pytest.mark.parametrize(
    "values",
    [
        "('invoice-finalized:inv_1', 7, 'a', 'b', 0, 'EUR', 's')",
        "('invoice-finalized:inv_1', 7, 'a', 'b', -1, 'EUR', 's')",
        "('invoice-finalized:inv_1', 7, 'a', 'a', 1, 'EUR', 's')",
        "('no such entry', 7, 'a', 'b', 1, 'EUR', 's')",
    ],
    ids=["nothing", "less than nothing", "to itself", "without entry"],
)
def test_a_transfer_that_moves_nothing_is_refused_by_the_database(database: Database, values: str) -> None:
    database.transact(lambda unit: unit.books.post(entry()))
    columns = "entry_key, ordinal, debit_account, credit_account, amount_minor, currency, source"
    with pytest.raises(IntegrityError):
        execute(database, f"INSERT INTO transfer ({columns}) VALUES {values}")
