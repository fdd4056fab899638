"""Billing: what is due is billed once, in time, and to the cent."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.delivery import DeliveryStatus
from gateway.core.errors import InvalidValue
from gateway.core.invoicing.invoice import InvoiceKey, InvoiceStatus
from gateway.services.bill import BillingFailure, bill_due
from tests.services.billing import FEBRUARY, JANUARY, MARCH, Company, Counting, amounts, document


def test_a_start_bills_the_fee_in_advance_and_an_end_bills_usage(company: Company) -> None:
    company.sign()
    company.call("2026-01-01T00:00:00Z", "ann", times=2)
    company.call("2026-01-20T12:00:00Z", "bob", times=3)
    company.upload("2026-01-31T23:59:59.999999Z", "3.5", "eu")
    company.upload("2026-01-31T10:00:00Z", 10, "us")
    company.upload("2026-02-01T00:00:00Z", 100, "us")

    company.bill(FEBRUARY)

    first, second = company.invoices()
    assert amounts(first) == [("base", "1", "49.00")]
    assert amounts(second) == [
        ("base", "1", "49.00"),
        ("calls", "5", "6.48"),
        ("users", "2", "8.00"),
        ("traffic/eu", "3.5", "0.44"),
        ("traffic/us", "10", "2.00"),
    ]
    assert [str(each.total) for each in (first, second)] == ["49.00", "65.92"]
    assert [each.status for each in (first, second)] == [InvoiceStatus.FINALIZED] * 2


def test_a_commitment_that_usage_does_not_reach_is_filled_up(sqlite_company: Company) -> None:
    sqlite_company.sign()
    sqlite_company.call("2026-01-05T12:00:00Z")

    sqlite_company.bill(FEBRUARY)

    assert amounts(sqlite_company.invoices()[1]) == [
        ("base", "1", "49.00"),
        ("calls", "1", "1.50"),
        ("users", "1", "4.00"),
        ("minimum", "1", "4.50"),
    ]


def test_a_part_of_a_period_pays_its_share_of_fee_and_commitment(sqlite_company: Company) -> None:
    sqlite_company.sign(starts_at=datetime(2026, 1, 17, tzinfo=UTC), ends_at=datetime(2026, 2, 15, tzinfo=UTC))

    sqlite_company.bill(MARCH)

    start, middle, end = sqlite_company.invoices()
    assert amounts(start) == [("base", "1", "23.71")]  # 49.00 x 15/31
    assert amounts(middle) == [
        ("base", "1", "24.50"),  # 49.00 x 14/28
        ("calls", "0", "0.00"),
        ("users", "0", "0.00"),
        ("minimum", "1", "4.84"),  # 10.00 x 15/31
    ]
    assert amounts(end) == [("calls", "0", "0.00"), ("users", "0", "0.00"), ("minimum", "1", "5.00")]


def test_periods_end_at_local_midnight_and_invoices_carry_the_local_day(sqlite_company: Company) -> None:
    sqlite_company.sign(starts_at=datetime(2026, 1, 1, 5, tzinfo=UTC), time_zone="America/New_York")
    sqlite_company.call("2026-02-01T04:59:59Z")
    sqlite_company.call("2026-02-01T05:00:00Z")

    sqlite_company.bill(MARCH)

    invoice = sqlite_company.invoices()[1]
    assert invoice.key.boundary_at == datetime(2026, 2, 1, 5, tzinfo=UTC)
    assert (invoice.issued_on.isoformat(), amounts(invoice)[1]) == ("2026-02-01", ("calls", "1", "1.50"))


def test_nothing_is_billed_before_the_grace_period_is_over(sqlite_company: Company) -> None:
    definitions = document()
    definitions["plans"][0]["grace_period_seconds"] = 3600
    sqlite_company.define(definitions)
    sqlite_company.sign()
    sqlite_company.bill(JANUARY + timedelta(minutes=59, seconds=59))
    before = len(sqlite_company.invoices())

    sqlite_company.bill(JANUARY + timedelta(hours=1))

    assert (before, len(sqlite_company.invoices())) == (0, 1)


def test_billing_again_makes_nothing_more(company: Company) -> None:
    company.sign()
    first = company.bill(MARCH)

    again = company.bill()

    assert (len(first.finalized), again.finalized, again.held) == (3, (), ())
    assert len(company.invoices()) == 3


def test_a_run_bills_only_what_was_due_at_the_time_named(sqlite_company: Company) -> None:
    sqlite_company.sign()

    bill_due(sqlite_company.installation, sqlite_company.projector, FEBRUARY - timedelta(microseconds=1))

    assert [each.key.boundary_at for each in sqlite_company.invoices()] == [JANUARY]


def test_the_future_is_not_billed_because_usage_may_still_come(sqlite_company: Company) -> None:
    sqlite_company.clock.set(FEBRUARY)

    with pytest.raises(InvalidValue, match="2026-03-01T00:00:00Z is after the business time 2026-02-01T00:00:00Z"):
        bill_due(sqlite_company.installation, sqlite_company.projector, MARCH)


def test_numbers_have_no_gaps_and_follow_boundaries_and_customers(company: Company) -> None:
    for customer in ("globex", "acme"):
        company.sign(customer)

    run = company.bill(FEBRUARY)

    found = company.read(lambda unit: unit.invoices.by_ids(run.finalized))
    assert [(found[each].number, found[each].customer) for each in run.finalized] == [
        ("INV-000001", "acme"),
        ("INV-000002", "globex"),
        ("INV-000003", "acme"),
        ("INV-000004", "globex"),
    ]


def test_finalizing_books_every_line_and_puts_the_invoice_into_the_outbox(company: Company) -> None:
    company.sign()
    company.call("2026-01-05T12:00:00Z", times=3)

    company.bill(FEBRUARY)

    assert company.read(lambda unit: unit.books.balances()) == {
        # Of 49.00 for January all is earned; of 49.00 for February one day of 28, 1.75.
        ("deferred_revenue:base", "USD"): -4725,
        ("receivables:acme", "USD"): 10800,
        ("revenue:base", "USD"): -5075,
        ("revenue:calls", "USD"): -450,
        ("revenue:minimum", "USD"): -150,
        ("revenue:users", "USD"): -400,
        ("unbilled_receivables:acme", "USD"): 0,
    }
    ids = [each.id for each in company.invoices()]
    deliveries = company.read(lambda unit: unit.deliveries.by_document(ids))
    assert [[(d.connection, d.status, d.due_at) for d in deliveries[each]] for each in ids] == [
        [("main", DeliveryStatus.PENDING, FEBRUARY)],
        [("main", DeliveryStatus.PENDING, FEBRUARY)],
    ]


def test_an_invoice_over_nothing_is_numbered_and_delivered_but_not_booked(sqlite_company: Company) -> None:
    definitions = document()
    definitions["plans"][0]["prices"] = definitions["plans"][0]["prices"][1:]
    del definitions["plans"][0]["commitments"]
    sqlite_company.define(definitions)
    sqlite_company.sign()

    sqlite_company.bill(FEBRUARY)

    [invoice] = sqlite_company.invoices()
    assert (invoice.number, str(invoice.total)) == ("INV-000001", "0.00")
    assert sqlite_company.read(lambda unit: unit.books.balances()) == {}
    assert len(sqlite_company.read(lambda unit: unit.deliveries.by_document([invoice.id]))) == 1


def test_an_invoice_without_lines_has_nothing_to_deliver(sqlite_company: Company) -> None:
    definitions = document()
    definitions["plans"][0]["prices"] = definitions["plans"][0]["prices"][3:]
    del definitions["plans"][0]["commitments"]
    sqlite_company.define(definitions)
    sqlite_company.sign()

    sqlite_company.bill(FEBRUARY)

    [invoice] = sqlite_company.invoices()
    assert (invoice.status, invoice.lines) == (InvoiceStatus.FINALIZED, ())
    assert sqlite_company.read(lambda unit: unit.deliveries.by_document([invoice.id])) == {}


def test_usage_that_comes_after_the_bill_never_changes_it(company: Company) -> None:
    company.sign()
    company.call("2026-01-05T12:00:00Z")
    company.bill(FEBRUARY)
    before = company.invoices()

    company.call("2026-01-06T12:00:00Z", "late", times=5)
    company.bill(MARCH)

    assert company.invoices()[:2] == before
    assert amounts(company.invoices()[2])[1] == ("calls", "0", "0.00")


def test_progress_is_told_for_every_boundary(sqlite_company: Company) -> None:
    sqlite_company.sign()
    sqlite_company.sign("globex")
    sqlite_company.clock.set(FEBRUARY)
    told: list[tuple[int, int]] = []

    bill_due(
        sqlite_company.installation,
        sqlite_company.projector,
        on_progress=lambda done, total: told.append((done, total)),
    )

    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


class Refusing:
    """A storage that refuses the transactions named by their order, once."""

    def __init__(self, storage, refused: set[int]) -> None:
        self._storage = storage
        self._refused = refused
        self._count = 0

    def __getattr__(self, name: str):
        return getattr(self._storage, name)

    def transact(self, work, *priority):
        self._count += 1
        if self._count in self._refused:
            raise InvalidValue("this one cannot be stored")
        return self._storage.transact(work, *priority)


def test_one_that_fails_is_named_and_does_not_keep_the_others_from_being_billed(sqlite_company: Company) -> None:
    failing = sqlite_company.sign("acme")
    sqlite_company.sign("globex")
    sqlite_company.projector.catch_up()
    sqlite_company.clock.set(JANUARY)
    refusing = sqlite_company.on(Refusing(sqlite_company.installation.storage, {1}))

    run = bill_due(refusing.installation, sqlite_company.projector)

    assert run.failed == (BillingFailure(failing.id, JANUARY, "this one cannot be stored"),)
    assert [each.customer for each in sqlite_company.invoices()] == ["globex"]
    sqlite_company.bill()
    assert [each.customer for each in sqlite_company.invoices()] == ["acme", "globex"]


def test_subscriptions_that_end_together_are_counted_in_one_pass(company: Company) -> None:
    def reads_for(customers: list[str]) -> int:
        for customer in customers:
            company.sign(customer)
            company.call("2026-01-05T12:00:00Z", customer=customer)
        company.bill(FEBRUARY - timedelta(seconds=1))
        company.projector.catch_up()
        company.clock.set(FEBRUARY)
        storage = Counting(company.installation.storage)
        bill_due(company.on(storage).installation, company.projector)
        return storage.reads

    one = reads_for(["one"])
    company.clock.set(FEBRUARY - timedelta(seconds=1))

    assert reads_for(["two", "three", "four", "five"]) == one


def test_an_invoice_names_the_position_up_to_which_it_counted(sqlite_company: Company) -> None:
    subscription = sqlite_company.sign()
    sqlite_company.call("2026-01-05T12:00:00Z", times=4)
    sqlite_company.call("2026-02-05T12:00:00Z", times=3)

    sqlite_company.bill(FEBRUARY)

    invoice = sqlite_company.read(lambda unit: unit.invoices.by_key(InvoiceKey(subscription.id, FEBRUARY)))
    assert (invoice.cut_off, invoice.engine_version) == (7, 1)
