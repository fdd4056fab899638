"""Invoices with their lines, holds and numbers."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.core.errors import IllegalTransition, NotFound
from gateway.core.gate.discrepancy import Discrepancy, DiscrepancyKind, Resolution
from gateway.core.invoicing.invoice import Invoice, InvoiceKey, InvoiceStatus, PaymentStatus
from gateway.core.money import Money
from gateway.core.ports.invoices import InvoiceFilter
from gateway.core.ports.storage import UnitOfWork
from gateway.storage.database import Database
from tests.storage.examples import NOON, invoice, line, store_subscription
from tests.storage.statements import statements_of

HOLD = Discrepancy(DiscrepancyKind.COUNT, "traffic", (("region", "eu"),), "12.50", "12.5", "the recount found more")
EXACT = line(
    quantity=Decimal("12345678901234567890123456.123456789012"),
    amount=Money(9_007_199_254_740_993, "EUR"),
    exact_amount="90071992547409.93000000000000000000001/7",
)


@pytest.fixture(autouse=True)
def _subscribed(database: Database) -> None:
    database.transact(store_subscription)


def _store(database: Database, *invoices: Invoice) -> None:
    database.transact(lambda unit: [unit.invoices.add(stored, ()) for stored in invoices])


def test_an_invoice_comes_back_as_it_was_stored(database: Database) -> None:
    stored = invoice(lines=(line(), EXACT, line(-5, meter=None, meter_version=None, dimensions=(), steps=())))
    assert database.transact(lambda unit: unit.invoices.add(stored, ()))
    assert database.read(lambda unit: unit.invoices.get("inv_1")) == stored
    assert database.read(lambda unit: unit.invoices.by_key(stored.key)) == stored


def test_steps_keep_the_zeros_of_their_numbers(database: Database) -> None:
    _store(database, invoice())
    (step,) = database.read(lambda unit: unit.invoices.get("inv_1")).lines[0].steps
    assert [str(number) for number in (step.units, step.flat_amount, step.amount)] == ["12.500", "0E+2", "12.5000"]


def test_an_invoice_without_lines_is_kept(database: Database) -> None:
    _store(database, invoice(lines=()))
    assert database.read(lambda unit: unit.invoices.get("inv_1")).total == Money(0, "EUR")


def test_a_second_live_invoice_for_a_boundary_is_not_added(database: Database) -> None:
    first, second = invoice(1), invoice(2, key=invoice(1).key)
    assert database.transact(lambda unit: unit.invoices.add(first, ()))
    assert not database.transact(lambda unit: unit.invoices.add(second, (HOLD,)))
    assert database.read(lambda unit: unit.invoices.by_ids(["inv_1", "inv_2"])) == {"inv_1": first}


def test_a_void_invoice_leaves_its_boundary_to_another(database: Database) -> None:
    first, second = invoice(1), invoice(2, key=invoice(1).key)
    _store(database, first)
    database.transact(lambda unit: unit.invoices.update_status(first.moved_to(InvoiceStatus.VOID)))
    assert database.read(lambda unit: unit.invoices.by_key(first.key)) is None
    assert database.transact(lambda unit: unit.invoices.add(second, ()))
    assert database.read(lambda unit: unit.invoices.billed_boundaries(["sub_1", "sub_2"])) == {first.key}


def test_kind_and_sequence_tell_invoices_of_a_boundary_apart(database: Database) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    keys = {InvoiceKey("sub_1", at), InvoiceKey("sub_1", at, "closing"), InvoiceKey("sub_1", at, "period", 1)}
    _store(database, *(invoice(number, key=key) for number, key in enumerate(sorted(keys, key=str))))
    assert database.read(lambda unit: unit.invoices.billed_boundaries(["sub_1"])) == keys


def test_of_two_workers_only_one_adds_a_live_invoice(database: Database, second_database: Database) -> None:
    together = Barrier(2)

    def add(door: Database, number: int, key: InvoiceKey) -> bool:
        together.wait()
        return door.transact(lambda unit: unit.invoices.add(invoice(number, key=key), (HOLD,)))

    with ThreadPoolExecutor(2) as pool:
        for number in range(0, 40, 2):
            key = invoice(number).key
            first = pool.submit(add, database, number, key)
            second = pool.submit(add, second_database, number + 1, key)
            assert {first.result(), second.result()} == {True, False}


def test_an_unknown_invoice_is_named(database: Database) -> None:
    with pytest.raises(NotFound, match="Invoice 'inv_9' does not exist"):
        database.read(lambda unit: unit.invoices.get("inv_9"))
    with pytest.raises(NotFound, match="Invoice 'inv_9' does not exist"):
        database.transact(lambda unit: unit.invoices.lock("inv_9"))
    with pytest.raises(NotFound, match="Invoice 'inv_9' does not exist"):
        database.transact(lambda unit: unit.invoices.update_payment("inv_9", PaymentStatus.PAID, NOON))


def test_a_finalized_invoice_keeps_number_and_time(database: Database) -> None:
    approved = invoice().moved_to(InvoiceStatus.APPROVED)
    finalized = approved.finalized("INV-000001", NOON)
    _store(database, invoice())
    database.transact(lambda unit: unit.invoices.update_status(approved))
    database.transact(lambda unit: unit.invoices.update_status(finalized))
    assert database.read(lambda unit: unit.invoices.get("inv_1")) == finalized
    database.transact(lambda unit: unit.invoices.update_payment("inv_1", PaymentStatus.PAID, NOON))
    paid = replace(finalized, payment_status=PaymentStatus.PAID)
    assert database.read(lambda unit: unit.invoices.get("inv_1")) == paid


def test_a_status_that_another_has_changed_by_now_is_not_overwritten(database: Database) -> None:
    _store(database, invoice())
    database.transact(lambda unit: unit.invoices.update_status(invoice().moved_to(InvoiceStatus.VOID)))
    with pytest.raises(IllegalTransition, match="Invoice inv_1 is void by now and cannot become approved"):
        database.transact(lambda unit: unit.invoices.update_status(invoice().moved_to(InvoiceStatus.APPROVED)))


def test_invoices_are_paged_by_day_of_issue_and_id(database: Database) -> None:
    days = {1: date(2026, 3, 2), 2: date(2026, 3, 1), 3: date(2026, 3, 1), 4: date(2025, 12, 31)}
    _store(database, *(invoice(number, issued_on=day) for number, day in days.items()))

    first = database.read(lambda unit: unit.invoices.page(InvoiceFilter(), None, 2))
    place = (first[-1].issued_on, first[-1].id)
    second = database.read(lambda unit: unit.invoices.page(InvoiceFilter(), place, 9))
    assert [[found.id for found in page] for page in (first, second)] == [["inv_4", "inv_2"], ["inv_3", "inv_1"]]


def test_the_newest_invoices_come_first_where_that_is_asked(database: Database) -> None:
    days = {1: date(2026, 3, 2), 2: date(2026, 3, 1), 3: date(2026, 3, 1), 4: date(2025, 12, 31)}
    _store(database, *(invoice(number, issued_on=day) for number, day in days.items()))

    first = database.read(lambda unit: unit.invoices.page(InvoiceFilter(), None, 2, is_newest_first=True))
    place = (first[-1].issued_on, first[-1].id)
    second = database.read(lambda unit: unit.invoices.page(InvoiceFilter(), place, 9, is_newest_first=True))

    assert [[found.id for found in page] for page in (first, second)] == [["inv_1", "inv_3"], ["inv_2", "inv_4"]]


def test_a_filter_takes_only_what_it_names(database: Database) -> None:
    first, second = invoice(1, issued_on=date(2026, 3, 1)), invoice(2, issued_on=date(2026, 4, 1))
    _store(database, first, second)
    database.transact(lambda unit: unit.invoices.update_status(second.moved_to(InvoiceStatus.HELD)))

    def found(matching: InvoiceFilter) -> list[str]:
        ids = [each.id for each in database.read(lambda unit: unit.invoices.page(matching, None, 9))]
        assert database.read(lambda unit: unit.invoices.count(matching)) == len(ids)
        return ids

    assert found(InvoiceFilter(customer="acme-1")) == ["inv_1", "inv_2"]
    assert found(InvoiceFilter(customer="acme-2")) == []
    assert found(InvoiceFilter(status=InvoiceStatus.HELD)) == ["inv_2"]
    assert found(InvoiceFilter(issued_from=date(2026, 3, 2))) == ["inv_2"]
    assert found(InvoiceFilter(is_issued=True)) == []
    assert found(InvoiceFilter(is_issued=False)) == ["inv_1", "inv_2"]
    assert found(InvoiceFilter(issued_before=date(2026, 4, 1))) == ["inv_1"]


def test_invoices_in_a_state_come_by_boundary(database: Database) -> None:
    _store(database, invoice(3), invoice(1), invoice(2))
    drafts = database.read(lambda unit: unit.invoices.with_status(InvoiceStatus.DRAFT, 2))
    assert [draft.id for draft in drafts] == ["inv_1", "inv_2"]
    assert database.read(lambda unit: unit.invoices.with_status(InvoiceStatus.HELD, 2)) == []


def test_holds_come_back_in_order_with_their_digits(database: Database) -> None:
    second = replace(HOLD, kind=DiscrepancyKind.UNCOUNTABLE, dimensions=())
    database.transact(lambda unit: unit.invoices.add(invoice(), (HOLD, second)))
    assert database.read(lambda unit: unit.invoices.discrepancies(["inv_1", "inv_2"])) == {"inv_1": [HOLD, second]}


def test_who_let_an_invoice_go_out_is_remembered_once(database: Database) -> None:
    resolution = Resolution("inv_1", "ada", "counted by hand", NOON)
    _store(database, invoice())
    database.transact(lambda unit: unit.invoices.resolve(resolution))
    with pytest.raises(IntegrityError):
        database.transact(lambda unit: unit.invoices.resolve(replace(resolution, actor="bob")))
    assert database.read(lambda unit: unit.invoices.resolutions(["inv_1", "inv_2"])) == {"inv_1": resolution}


def test_the_number_of_statements_does_not_grow_with_the_number_of_invoices(database: Database) -> None:
    _store(database, *(invoice(number, (line(), line())) for number in range(1, 26)))
    ids = [f"inv_{number}" for number in range(1, 26)]
    one = statements_of(database, lambda unit: unit.invoices.by_ids(ids[:1]))
    assert statements_of(database, lambda unit: unit.invoices.by_ids(ids)) == one == 2
    assert statements_of(database, lambda unit: unit.invoices.page(InvoiceFilter(), None, 25)) == 2


def test_numbers_of_a_series_begin_at_one_and_have_no_gaps(database: Database, second_database: Database) -> None:
    def take(door: Database, fails: bool) -> int:
        def work(unit: UnitOfWork) -> int:
            number = unit.invoices.take_number("INV")
            if fails:
                raise RuntimeError("after the number was taken")
            return number

        return door.transact(work)

    taken: list[int] = []
    with ThreadPoolExecutor(4) as pool:
        doors = [database, second_database] * 20
        futures = [pool.submit(take, door, n % 4 == 0) for n, door in enumerate(doors)]
        for future in futures:
            with suppress(RuntimeError):
                taken.append(future.result())
    assert sorted(taken) == list(range(1, 31))
    assert database.transact(lambda unit: unit.invoices.take_number("OTHER")) == 1
