"""Accounting periods: where entries are booked, and what closing waits for."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Event

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.core.books.accounting_periods import (
    AccountingPeriod,
    ClosedBooks,
    MonthBalance,
    PeriodChange,
    PeriodStatus,
)
from gateway.core.errors import NotFound
from gateway.core.ledger import Transfer
from gateway.core.legal_entity import LegalEntity
from gateway.core.money import Money
from gateway.core.ports.storage import UnitOfWork
from gateway.storage.database import Database
from tests.storage.examples import NOON, entry
from tests.storage.statements import execute, rows

CLOSED = PeriodChange("default", 1, "2026-03", PeriodStatus.OPEN, PeriodStatus.CLOSED, "ada", None, NOON)
OWED, EARNED = "receivables:acme-1", "revenue:traffic"


def close(unit: UnitOfWork, month: str = "2026-03", ordinal: int = 1) -> None:
    """Close a month, whatever the state of the books."""
    unit.accounting_periods.lock_to_change("default")
    unit.accounting_periods.change(ClosedBooks(month), replace(CLOSED, month=month, ordinal=ordinal))


def booked(database: Database) -> list[tuple[str, str]]:
    """On which day each entry is booked, and to which it belongs."""
    return rows(database, "SELECT accounting_day, effective_day FROM journal_entry ORDER BY key")  # type: ignore[return-value]


def test_an_entry_of_a_closed_month_is_booked_in_the_first_open_one_and_keeps_its_day(database: Database) -> None:
    database.transact(close)
    database.transact(lambda unit: unit.books.post(entry(1)))
    database.transact(lambda unit: unit.books.post(entry(2, accounting_day=date(2026, 4, 20))))
    assert booked(database) == [("2026-04-01", "2026-03-01"), ("2026-04-20", "2026-04-20")]
    assert database.read(lambda unit: unit.books.balances_by_month("default", "2026-04")) == [
        MonthBalance("2026-04", OWED, "EUR", 2500, 0),
        MonthBalance("2026-04", EARNED, "EUR", 0, 2500),
    ]


def test_a_transaction_that_closes_a_month_posts_behind_it(database: Database) -> None:
    def work(unit: UnitOfWork) -> None:
        unit.books.post(entry(1))
        close(unit)
        unit.books.post(entry(2))

    database.transact(work)
    assert [day for day, _ in booked(database)] == ["2026-03-01", "2026-04-01"]


def test_books_of_one_entity_are_closed_by_themselves(database: Database) -> None:
    database.transact(close)
    other = LegalEntity("de", name="Acme GmbH", currency="EUR", invoice_series="DE")
    database.transact(lambda unit: unit.legal_entities.add(other, NOON))
    database.transact(lambda unit: unit.books.post(entry(1, legal_entity="de")))
    assert booked(database) == [("2026-03-01", "2026-03-01")]
    assert database.read(lambda unit: unit.books.balances_by_month("default", "2026-12")) == []
    assert database.read(lambda unit: unit.accounting_periods.closed_books("de")) == ClosedBooks()


def test_months_are_those_with_postings_or_changes(database: Database) -> None:
    for number, month in enumerate((2, 5), start=1):
        day = date(2026, month, 3)
        database.transact(lambda unit, number=number, day=day: unit.books.post(entry(number, accounting_day=day)))
    database.transact(close)
    assert database.read(lambda unit: unit.accounting_periods.periods("default")) == [
        AccountingPeriod("default", "2026-02", PeriodStatus.CLOSED),
        AccountingPeriod("default", "2026-03", PeriodStatus.CLOSED),
        AccountingPeriod("default", "2026-05", PeriodStatus.OPEN),
    ]
    assert database.read(lambda unit: unit.accounting_periods.closed_months("default")) == {"2026-02", "2026-03"}


def test_no_month_is_closed_before_anybody_closes_one(database: Database) -> None:
    database.transact(lambda unit: unit.books.post(entry(1)))
    assert database.read(lambda unit: unit.accounting_periods.closed_months("default")) == set()


def test_who_is_unknown_has_no_books(database: Database) -> None:
    with pytest.raises(NotFound, match="Legal entity 'nobody' has no books; define it first"):
        database.transact(lambda unit: unit.books.post(entry(1, legal_entity="nobody")))
    with pytest.raises(NotFound, match="Legal entity 'nobody' has no books"):
        database.read(lambda unit: unit.accounting_periods.closed_books("nobody"))


def test_who_changed_a_month_is_kept_in_order(database: Database) -> None:
    second = replace(CLOSED, ordinal=2, month="2026-04", reason="audited", passed_over=("2 drafts",))

    def work(unit: UnitOfWork) -> None:
        close(unit)
        unit.accounting_periods.change(ClosedBooks("2026-04"), second)

    database.transact(work)
    assert database.read(lambda unit: unit.accounting_periods.changes("default")) == [CLOSED, second]
    assert database.read(lambda unit: unit.accounting_periods.closed_books("default")) == ClosedBooks("2026-04")


def test_who_changed_a_month_is_never_changed(database: Database) -> None:
    database.transact(close)
    with pytest.raises(IntegrityError, match="rows of accounting_period_change never change"):
        execute(database, "UPDATE accounting_period_change SET actor = 'bob'")
    with pytest.raises(IntegrityError, match="rows of accounting_period_change are never deleted"):
        execute(database, "DELETE FROM accounting_period_change")


def test_closing_waits_for_who_is_posting(database: Database, second_database: Database) -> None:
    posted, go_on = Event(), Event()

    def post(unit: UnitOfWork) -> None:
        unit.books.post(entry(1))
        posted.set()
        go_on.wait(10)

    def close_and_look(unit: UnitOfWork) -> list[MonthBalance]:
        close(unit)
        return unit.books.balances_by_month("default", "2026-03")

    with ThreadPoolExecutor(2) as pool:
        posting = pool.submit(database.transact, post)
        assert posted.wait(10)
        closing: Future[list[MonthBalance]] = pool.submit(second_database.transact, close_and_look)
        with pytest.raises(TimeoutError):
            closing.result(0.3)
        go_on.set()
        posting.result(10)
        assert [balance.account for balance in closing.result(10)] == [OWED, EARNED]


def test_posting_waits_for_who_is_closing_and_lands_behind_it(database: Database, second_database: Database) -> None:
    closed, go_on = Event(), Event()

    def close_slowly(unit: UnitOfWork) -> None:
        close(unit)
        closed.set()
        go_on.wait(10)

    with ThreadPoolExecutor(2) as pool:
        closing = pool.submit(database.transact, close_slowly)
        assert closed.wait(10)
        posting = pool.submit(second_database.transact, lambda unit: unit.books.post(entry(1)))
        with pytest.raises(TimeoutError):
            posting.result(0.3)
        go_on.set()
        closing.result(10)
        assert posting.result(10)
    assert booked(database) == [("2026-04-01", "2026-03-01")]


def test_those_who_post_do_not_wait_for_each_other(postgres_database: Database) -> None:
    yen = Transfer("receivables:b", "revenue:b", Money(7, "JPY"), "inv_2/0")

    def post_beside(unit: UnitOfWork) -> None:
        unit.books.post(entry(1))
        with ThreadPoolExecutor(1) as pool:
            beside = pool.submit(postgres_database.transact, lambda other: other.books.post(entry(2, transfers=(yen,))))
            assert beside.result(10)

    postgres_database.transact(post_beside)
    assert len(booked(postgres_database)) == 2


def test_transactions_of_several_entries_do_not_stand_in_each_others_way(postgres_database: Database) -> None:
    accounts = ("receivables:a", "receivables:b", "revenue:x", "revenue:y")
    attempts: list[int] = []

    def post(unit: UnitOfWork, worker: int, turn: int) -> None:
        attempts.append(turn)
        order = accounts if worker % 2 else accounts[::-1]
        for number, account in enumerate(order):
            moved = Transfer(account, f"cash:{worker}", Money(1, "EUR"), "s")
            unit.books.post(entry(key=f"{worker}/{turn}/{number}", transfers=(moved,)))

    def work(worker: int) -> None:
        for turn in range(15):
            postgres_database.transact(lambda unit, turn=turn: post(unit, worker, turn))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert len(attempts) == 4 * 15, "one was undone by the database and run again"
    balances = postgres_database.read(lambda unit: unit.books.balances())
    assert balances == {
        **{(f"cash:{worker}", "EUR"): -60 for worker in range(4)},
        **{(account, "EUR"): 60 for account in accounts},
    }
