"""Recognition: revenue is posted in the month in which it is earned, once, whatever becomes of the invoice."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gateway.core.invoicing.credit_notes import CreditItem, Disposition
from gateway.core.invoicing.invoice import Invoice, PaidBy, PaymentStatus
from gateway.core.money import Money
from gateway.core.ports.storage import UnitOfWork
from gateway.core.revenue.accounts import Account
from gateway.core.revenue.facts import ChargebackWon, Paid, Reduced
from gateway.services.book_payment import record_fact
from gateway.services.credit_invoice import CreditRequest, credit_invoice
from gateway.services.follow_provider import note_payment
from gateway.services.recognise import recognise_due
from gateway.services.record_payment import PaymentRequest, record_payment
from gateway.services.void_invoice import void_invoice
from tests.services.billing import FEBRUARY, JANUARY, MARCH, Company

MID_JANUARY = datetime(2026, 1, 15, tzinfo=UTC)
MID_FEBRUARY = datetime(2026, 2, 15, tzinfo=UTC)
_MOVED = """
    SELECT substr(accounting_day, 1, 7), debit_account, credit_account, amount_minor FROM transfer
    JOIN journal_entry ON journal_entry.key = transfer.entry_key
    """


def by_month(company: Company, kind: str) -> dict[str, int]:
    """What accounts of a kind were credited less debited, by month of the books."""

    def read(unit: UnitOfWork) -> list[tuple[str, str, str, int]]:
        return [tuple(row) for row in unit.connection.execute(text(_MOVED))]  # type: ignore[attr-defined]

    found: Counter[str] = Counter()
    for month, debit, credit, amount in company.read(read):
        found[month] += amount * ((credit.partition(":")[0] == kind) - (debit.partition(":")[0] == kind))
    return {month: amount for month, amount in sorted(found.items()) if amount}


def balances(company: Company) -> dict[str, int]:
    """Debits less credits of each account that is not even."""
    return {account: left for (account, _), left in company.read(lambda unit: unit.books.balances()).items() if left}


@pytest.fixture
def running(company: Company) -> Company:
    """Acme, whose months begin on the fifteenth, with calls in both parts of the first of them."""
    company.sign(starts_at=MID_JANUARY, by_anniversary=True)
    company.call("2026-01-20T12:00:00Z", times=3)
    company.call("2026-02-03T12:00:00Z", times=4)
    company.bill(MID_JANUARY)
    return company


def the_invoice(company: Company) -> Invoice:
    return company.invoices()[-1]


def test_a_fee_is_earned_month_by_month_as_the_days_pass(running: Company) -> None:
    running.clock.set(FEBRUARY)

    assert recognise_due(running.installation) == 2
    # 49.00 over 31 days: 17 of them are in January; and 8.50 of usage that is not billed yet.
    assert by_month(running, "revenue") == {"2026-01": 2687 + 850}
    assert recognise_due(running.installation) == 0

    running.clock.set(MARCH)
    told: list[tuple[int, int]] = []
    assert recognise_due(running.installation, lambda *done: told.append(done)) == 1
    assert told == [(1, 1)]
    assert by_month(running, "revenue") == {"2026-01": 2687 + 850, "2026-02": 2213}
    assert recognise_due(running.installation) == 0


def test_usage_over_the_end_of_a_month_is_split_by_when_it_was_delivered(running: Company) -> None:
    running.bill(MID_FEBRUARY)

    # 3 calls at 1.50 and one user at 4.00 in January; 4 more calls at 0.99 in February.
    assert the_invoice(running).key.boundary_at == MID_FEBRUARY
    usage = [line for line in the_invoice(running).lines if line.meter]
    assert sum(line.amount.amount_minor for line in usage) == 850 + 396
    delivered = running.read(lambda unit: unit.revenue.delivered([the_invoice(running).id]))
    assert {amounts for lines in delivered.values() for amounts in lines.values()} == {
        ((JANUARY.date().replace(day=31), 450),),
        ((JANUARY.date().replace(day=31), 400),),
    }
    assert by_month(running, "unbilled_receivables") == {"2026-01": -850, "2026-02": 850}


def test_two_processes_recognise_once(running: Company, other_company: Company) -> None:
    running.clock.set(MARCH)

    entries = [recognise_due(each.installation) for each in (running, other_company)]

    assert entries == [2, 0]
    assert sum(by_month(running, "revenue").values()) == 4900


def test_what_is_credited_is_taken_back_as_far_as_it_was_earned(running: Company) -> None:
    invoice = the_invoice(running)
    running.clock.set(FEBRUARY)
    item = CreditItem(0, Money(3100, "USD"))
    request = CreditRequest(invoice.id, "outage", Disposition.RECEIVABLE, (item,))
    credit_invoice(running.installation, request, "ada", "k")
    running.clock.set(MARCH)
    recognise_due(running.installation)

    # Of 31.00 that are given back, 17 of 31 days were earned by the end of January.
    assert balances(running) == {"receivables:acme": 1800, "credit_notes:base": 1700, "revenue:base": -3500}
    assert by_month(running, "revenue") == {"2026-01": 2687, "2026-02": 813}


def test_a_void_invoice_earns_nothing_more(running: Company) -> None:
    running.clock.set(FEBRUARY)

    void_invoice(running.installation, the_invoice(running).id, "ada", "wrong", "v")
    running.clock.set(MARCH)
    recognise_due(running.installation)

    assert balances(running) == {"revenue:base": -2687, "voids:base": 2687}


def note(company: Company, status: PaymentStatus, paid_by: PaidBy | None = None) -> None:
    """The provider says what became of the money."""
    invoice = the_invoice(company)
    company.installation.storage.transact(
        lambda unit: note_payment(unit, company.installation, unit.invoices.get(invoice.id), status, paid_by)
    )


@pytest.mark.parametrize(
    ("told", "money"),
    [
        ([(PaymentStatus.PAID, PaidBy.PAYMENT)], {"cash:main": 4900}),
        ([(PaymentStatus.PAID, PaidBy.OUT_OF_BAND)], {"settled_outside:acme": 4900}),
        ([(PaymentStatus.PAID, PaidBy.PAYMENT), (PaymentStatus.UNPAID, None)], {"receivables:acme": 4900}),
        (
            [(PaymentStatus.PAID, PaidBy.PAYMENT), (PaymentStatus.PAID, PaidBy.OUT_OF_BAND)],
            {"settled_outside:acme": 4900},
        ),
        # On the first day, nothing is earned before it: all of it is released.
        ([(PaymentStatus.UNCOLLECTIBLE, None)], {}),
        ([(PaymentStatus.UNCOLLECTIBLE, None), (PaymentStatus.UNPAID, None)], {"receivables:acme": 4900}),
        (
            [(PaymentStatus.UNCOLLECTIBLE, None), (PaymentStatus.PAID, PaidBy.PAYMENT)],
            {"cash:main": 4900, "recoveries:acme": -4900},
        ),
    ],
)
def test_what_a_provider_says_of_the_money_is_booked(
    running: Company, told: list[tuple[PaymentStatus, PaidBy | None]], money: dict[str, int]
) -> None:
    for status, paid_by in told:
        note(running, status, paid_by)

    found = balances(running)
    assert {account: left for account, left in found.items() if not account.endswith(":base")} == money
    assert sum(found.values()) == 0


def test_a_payment_that_is_recorded_is_booked_and_the_rest_when_the_provider_says_so(running: Company) -> None:
    request = PaymentRequest(the_invoice(running).id, MID_JANUARY.date(), 1000, "bank transfer")
    record_payment(running.installation, request, "ada", "p")
    note(running, PaymentStatus.PAID, PaidBy.PAYMENT)

    found = balances(running)
    assert (found["settled_outside:acme"], found["cash:main"], found.get("receivables:acme")) == (1000, 3900, None)
    note(running, PaymentStatus.UNPAID)
    assert balances(running)["receivables:acme"] == 3900


def test_refunds_chargebacks_and_fees_are_posted_directly(running: Company) -> None:
    invoice = the_invoice(running)
    running.clock.set(FEBRUARY)
    today = FEBRUARY.date()
    facts = (
        Paid(today, 4900),
        Reduced(today, 4900, Account.CHARGEBACKS, Account.CASH),
        ChargebackWon(today, 4900),
    )
    for fact in facts:
        running.installation.storage.transact(
            lambda unit, fact=fact: record_fact(unit, invoice, fact, running.clock.now())
        )

    assert balances(running) == {
        "cash:main": 4900,
        "chargebacks:base": 2687,
        "recoveries:acme": -4900,
        "revenue:base": -2687,
    }


def test_months_are_those_of_the_legal_entity(running: Company) -> None:
    running.clock.set(FEBRUARY - timedelta(hours=1))

    assert recognise_due(running.installation) == 0
