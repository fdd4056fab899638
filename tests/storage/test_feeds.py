"""Feeds: numbered without gaps in the order of commits, so that who has read up to a number has missed nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta

import pytest

from gateway.core.feeds import Feed, InvoiceChange, InvoiceChangeKind, NumberedTransfer
from gateway.core.invoicing.invoice import InvoiceStatus, PaidBy, PaymentStatus
from gateway.core.ports.credit_notes import Voiding
from gateway.core.ports.storage import UnitOfWork
from gateway.storage.database import Database
from gateway.storage.migrate import migrate
from gateway.storage.unit_of_work import SqlUnitOfWork
from tests.storage.examples import NOON, credit_note, entry, invoice, store_subscription
from tests.storage.statements import execute

WRITERS, ENTRIES_EACH = 6, 15


def head(database: Database, feed: Feed = Feed.ENTRIES) -> int:
    return database.read(lambda unit: unit.feeds.head(feed))


def entries(database: Database, after: int = 0, through: int = 1_000_000) -> list[tuple[int, str]]:
    found = database.read(lambda unit: unit.feeds.transfers(after, through))
    return [(each.position, each.entry) for each in found]


def changes(database: Database) -> list[tuple[int, InvoiceChange]]:
    return database.read(lambda unit: unit.feeds.invoice_changes(0, 100))


def test_entries_are_numbered_in_the_order_of_posting(database: Database) -> None:
    database.transact(lambda unit: [unit.books.post(entry(number)) for number in (2, 1)])
    database.transact(lambda unit: [unit.books.post(entry(number)) for number in (1, 3)])

    assert entries(database) == [
        (1, "invoice-finalized:inv_2"), (2, "invoice-finalized:inv_1"), (3, "invoice-finalized:inv_3"),
    ]  # fmt: skip
    assert head(database) == 3
    assert entries(database, 1, 2) == [(2, "invoice-finalized:inv_1")]


def test_a_numbered_transfer_says_all_of_it(database: Database) -> None:
    posted = entry()
    database.transact(lambda unit: unit.books.post(posted))

    [transfer] = posted.transfers
    day = date(2026, 3, 1)
    assert database.read(lambda unit: unit.feeds.transfers(0, 1)) == [
        NumberedTransfer(1, posted.key, 0, "default", day, day, NOON, transfer)
    ]


def test_what_is_rolled_back_leaves_no_gap(database: Database) -> None:
    def fail(unit: UnitOfWork) -> None:
        unit.books.post(entry(1))
        unit.feeds.flush()  # type: ignore[attr-defined]
        raise ConnectionError

    with suppress(ConnectionError):
        database.transact(fail)
    database.transact(lambda unit: unit.books.post(entry(2)))

    assert entries(database) == [(1, "invoice-finalized:inv_2")]


def test_who_commits_late_is_numbered_late(postgres_database: Database) -> None:
    has_posted, may_commit = threading.Event(), threading.Event()

    def post_and_wait(unit: UnitOfWork) -> None:
        unit.books.post(entry(1))
        has_posted.set()
        assert may_commit.wait(10)

    with ThreadPoolExecutor() as pool:
        late = pool.submit(postgres_database.transact, post_and_wait)
        assert has_posted.wait(10)
        postgres_database.transact(lambda unit: unit.books.post(entry(2)))
        seen = head(postgres_database)
        before = entries(postgres_database, 0, seen)
        may_commit.set()
        late.result()

    assert before == [(1, "invoice-finalized:inv_2")]
    assert entries(postgres_database, seen) == [(2, "invoice-finalized:inv_1")]


def test_no_number_is_seen_before_a_lower_one(postgres_database: Database) -> None:
    """The one who has a number and has not committed keeps all others from getting theirs."""
    with ThreadPoolExecutor() as pool:
        with postgres_database.engine.begin() as connection:
            unit = SqlUnitOfWork(connection)
            unit.books.post(entry(1))
            unit.before_commit()
            following = pool.submit(postgres_database.transact, lambda unit: unit.books.post(entry(2)))
            with pytest.raises(TimeoutError):
                following.result(timeout=0.2)
            assert head(postgres_database) == 0
        following.result()

    assert entries(postgres_database) == [(1, "invoice-finalized:inv_1"), (2, "invoice-finalized:inv_2")]


def test_a_reader_beside_many_writers_sees_each_entry_once_and_in_order(database: Database) -> None:
    def write(writer: int) -> None:
        for number in range(ENTRIES_EACH):
            database.transact(lambda unit, key=f"{writer}-{number}": unit.books.post(entry(1, key=key)))

    read: list[tuple[int, str]] = []
    with ThreadPoolExecutor() as pool:
        writing = [pool.submit(write, writer) for writer in range(WRITERS)]
        is_over = False
        while not is_over:
            is_over = all(each.done() for each in writing)
            through = head(database)
            read += entries(database, len(read), through)
            assert [position for position, _ in read] == list(range(1, through + 1))
        for each in writing:
            each.result()

    expected = {f"{writer}-{number}" for writer in range(WRITERS) for number in range(ENTRIES_EACH)}
    assert len(read) == len(expected)
    assert {key for _, key in read} == expected


def _final(unit: UnitOfWork, ordinal: int) -> None:
    made = invoice(ordinal).moved_to(InvoiceStatus.APPROVED)
    unit.invoices.add(made, ())
    unit.invoices.update_status(made.finalized(f"INV-{ordinal}", NOON))


def test_what_happens_to_a_final_invoice_is_numbered(database: Database) -> None:
    database.transact(store_subscription)
    database.transact(lambda unit: _final(unit, 1))
    database.transact(lambda unit: unit.invoices.update_payment("inv_1", PaymentStatus.PAID, NOON, PaidBy.CREDIT))
    database.transact(lambda unit: unit.credit_notes.add(credit_note()))
    database.transact(lambda unit: unit.credit_notes.add_voiding(Voiding("inv_1", "ada", "billed twice", NOON)))

    assert changes(database) == [
        (1, InvoiceChange("inv_1", InvoiceChangeKind.FINALIZED, NOON)),
        (2, InvoiceChange("inv_1", InvoiceChangeKind.PAYMENT, NOON, PaymentStatus.PAID, PaidBy.CREDIT)),
        (3, InvoiceChange("inv_1", InvoiceChangeKind.CREDITED, NOON, credit_note_id="cn_1")),
        (4, InvoiceChange("inv_1", InvoiceChangeKind.VOIDED, NOON)),
    ]
    assert (head(database, Feed.INVOICES), head(database)) == (4, 0)


def test_what_happens_to_an_invoice_that_never_was_final_is_not(database: Database) -> None:
    def void(unit: UnitOfWork) -> None:
        store_subscription(unit)
        unit.invoices.add(invoice(), ())
        unit.invoices.update_status(invoice().moved_to(InvoiceStatus.VOID))
        unit.credit_notes.add_voiding(Voiding("inv_1", "ada", "a test", NOON))
        unit.invoices.update_payment("inv_1", PaymentStatus.VOID, NOON)

    database.transact(void)

    assert changes(database) == []


def test_entries_from_before_there_were_feeds_are_numbered_in_the_order_of_posting(empty_database: Database) -> None:
    migrate(empty_database, "0033")
    columns = "key, accounting_day, effective_day, posted_at"
    for key, posted_at in (("b", 5), ("a", 5), ("c", 1)):
        values = f"'{key}', '2026-01-01', '2026-01-01', {posted_at}"
        execute(empty_database, f"INSERT INTO journal_entry ({columns}) VALUES ({values})")
        execute(empty_database, f"INSERT INTO transfer VALUES ('{key}', 0, 'x', 'y', 1, 'EUR', 's')")

    migrate(empty_database)

    assert entries(empty_database) == [(1, "c"), (2, "a"), (3, "b")]
    empty_database.transact(lambda unit: unit.books.post(entry(4)))
    assert head(empty_database) == 4


def test_what_happened_to_invoices_before_there_were_feeds_is_numbered(empty_database: Database) -> None:
    def before_feeds(unit: UnitOfWork) -> None:
        store_subscription(unit)
        for ordinal in (2, 1):
            _final(unit, ordinal)
        unit.credit_notes.add(credit_note(created_at=NOON + timedelta(days=1)))
        unit.credit_notes.add_voiding(Voiding("inv_2", "ada", "billed twice", NOON + timedelta(days=2)))
        unit.invoices.update_payment("inv_1", PaymentStatus.PAID, NOON, PaidBy.PAYMENT)
        unit.feeds._changes.clear()  # type: ignore[attr-defined]

    migrate(empty_database, "0033")
    empty_database.transact(before_feeds)
    migrate(empty_database)

    paid = InvoiceChange("inv_1", InvoiceChangeKind.PAYMENT, None, PaymentStatus.PAID, PaidBy.PAYMENT)
    assert changes(empty_database) == [
        (1, InvoiceChange("inv_1", InvoiceChangeKind.FINALIZED, NOON)),
        (2, InvoiceChange("inv_2", InvoiceChangeKind.FINALIZED, NOON)),
        (3, InvoiceChange("inv_1", InvoiceChangeKind.CREDITED, NOON + timedelta(days=1), credit_note_id="cn_1")),
        (4, InvoiceChange("inv_2", InvoiceChangeKind.VOIDED, NOON + timedelta(days=2))),
        (5, paid),
    ]
    assert head(empty_database, Feed.INVOICES) == 5
