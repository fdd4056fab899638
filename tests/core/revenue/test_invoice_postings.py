"""Invoices in the books: what is owed, earned, taken back and paid, by day. Amounts are in cents."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.invoicing.credit_notes import (
    CreditItem,
    CreditNote,
    CreditRefused,
    Disposition,
    credit_lines,
    total_of,
)
from gateway.core.invoicing.invoice import PROGRESSIVE, Invoice, InvoiceKey, InvoiceLine
from gateway.core.invoicing.taxes import TaxRules
from gateway.core.invoicing.terms import Terms
from gateway.core.legal_entity import LegalEntity
from gateway.core.money import Money
from gateway.core.periods.period import BillingPeriod
from gateway.core.plans.plan import Timing
from gateway.core.revenue.accounts import Account
from gateway.core.revenue.facts import ChargebackWon, Fact, FeeCharged, Paid, Reduced
from gateway.core.revenue.invoice_document import InvoiceHistory
from gateway.core.revenue.invoice_postings import InvoiceInBooks
from gateway.core.revenue.postings import Posted, missing_transfers
from tests.core import documents
from tests.core.documents import eur, fixed, vat
from tests.core.samples import at, month

ISSUER = LegalEntity("default")
JANUARY_31, FEBRUARY_1, FEBRUARY_28, MARCH_31 = (
    date(2026, 1, 31),
    date(2026, 2, 1),
    date(2026, 2, 28),
    date(2026, 3, 31),
)
Day = dict[str, int]


def fee(
    amount_minor: int, period: BillingPeriod, timing: Timing = Timing.IN_ADVANCE, price: str = "base"
) -> InvoiceLine:
    return InvoiceLine(price, price, period, Decimal(1), Money(amount_minor, "USD"), "0", (), timing)


def usage(amount_minor: int, period: BillingPeriod, price: str = "calls") -> InvoiceLine:
    return replace(fee(amount_minor, period, Timing.IN_ARREARS, price), meter=price)


def invoice(*lines: InvoiceLine) -> Invoice:
    key = InvoiceKey("sub_1", at("2026-02-01"))
    return Invoice("inv_1", key, "UA", "airport", 1, "USD", FEBRUARY_1, 9, "hash", 1, lines)


def in_books(billed: Invoice, *facts: Fact, **history: object) -> InvoiceInBooks:
    return InvoiceInBooks(billed, ISSUER, InvoiceHistory(facts=facts, **history), "main")  # type: ignore[arg-type]


def balances(told: InvoiceInBooks, through: date) -> Day:
    """Debits less credits of each account by the end of a day."""
    found: Counter[str] = Counter()
    for route, amount in told.target(through).items():
        found[route.debit] += amount
        found[route.credit] -= amount
    return {account: amount for account, amount in found.items() if amount}


FEE_FOR_FEBRUARY = invoice(fee(2800, month(2)))


def test_a_fee_in_advance_is_owed_at_its_boundary_and_earned_by_day() -> None:
    told = in_books(FEE_FOR_FEBRUARY)

    assert balances(told, JANUARY_31) == {}
    assert balances(told, FEBRUARY_1) == {"receivables:UA": 2800, "deferred_revenue:base": -2700, "revenue:base": -100}
    assert balances(told, FEBRUARY_28) == {"receivables:UA": 2800, "revenue:base": -2800}
    assert (told.last_day, told.days(date(2026, 2, 14))) == (FEBRUARY_28, [FEBRUARY_1, date(2026, 2, 14)])
    assert told.days(MARCH_31) == [FEBRUARY_1, FEBRUARY_28, MARCH_31]


def test_usage_is_earned_in_the_month_of_its_delivery_and_owed_when_it_is_billed() -> None:
    told = in_books(invoice(usage(3750, month(1))))

    assert balances(told, JANUARY_31) == {"unbilled_receivables:UA": 3750, "revenue:calls": -3750}
    assert balances(told, FEBRUARY_1) == {"receivables:UA": 3750, "revenue:calls": -3750}
    assert told.days(FEBRUARY_1) == [JANUARY_31, FEBRUARY_1]


def test_usage_over_the_end_of_a_month_is_earned_as_far_as_it_was_delivered() -> None:
    middle = BillingPeriod(at("2026-01-15"), at("2026-02-15"))
    billed = replace(invoice(usage(3000, middle)), key=InvoiceKey("sub_1", at("2026-02-15")))
    told = in_books(billed, delivered={0: ((JANUARY_31, 1200),)})

    assert balances(told, JANUARY_31) == {"unbilled_receivables:UA": 1200, "revenue:calls": -1200}
    assert balances(told, date(2026, 2, 14)) == {"unbilled_receivables:UA": 3000, "revenue:calls": -3000}
    assert balances(told, FEBRUARY_28) == {"receivables:UA": 3000, "revenue:calls": -3000}


def test_a_fee_in_arrears_is_earned_by_day_and_a_true_up_when_its_period_is_over() -> None:
    lines = fee(3100, month(1), Timing.IN_ARREARS), fee(500, month(1), Timing.IN_ARREARS, "minimum")
    told = in_books(invoice(*lines), commitments=frozenset({"minimum"}))

    assert balances(told, date(2026, 1, 10)) == {"unbilled_receivables:UA": 1000, "revenue:base": -1000}
    assert balances(told, JANUARY_31)["revenue:minimum"] == -500
    assert balances(told, FEBRUARY_1)["receivables:UA"] == 3600


def test_a_fee_of_less_than_a_day_is_earned_at_once() -> None:
    hour = BillingPeriod(at("2026-02-01T10:00"), at("2026-02-01T11:00"))

    assert balances(in_books(invoice(fee(60, hour))), FEBRUARY_1) == {"receivables:UA": 60, "revenue:base": -60}


def test_days_are_those_of_the_issuer() -> None:
    tokyo = InvoiceInBooks(FEE_FOR_FEBRUARY, LegalEntity("default", time_zone="Asia/Tokyo"), InvoiceHistory())
    pacific = InvoiceInBooks(
        FEE_FOR_FEBRUARY, LegalEntity("default", time_zone="America/Los_Angeles"), InvoiceHistory()
    )

    assert [each.billed_on for each in (tokyo, pacific)] == [FEBRUARY_1, JANUARY_31]


def test_a_progressive_invoice_is_owed_on_its_own_day() -> None:
    early = replace(
        invoice(usage(100, month(1))),
        key=InvoiceKey("sub_1", at("2026-01-01"), PROGRESSIVE),
        finalized_at=at("2026-01-20"),
    )
    told = in_books(early)

    assert (told.billed_on, balances(told, date(2026, 1, 19))) == (date(2026, 1, 20), {})
    assert balances(told, date(2026, 1, 20)) == {"receivables:UA": 100, "revenue:calls": -100}


def test_a_line_is_booked_after_discounts_and_its_tax_as_a_liability() -> None:
    told = in_books(documents.invoice(("calls", "100"), terms=TAXED))

    assert balances(told, MARCH_31) == {"receivables:UA": 9600, "revenue:calls": -8000, "tax_liability:vat": -1600}


def test_a_total_below_zero_moves_on_to_what_the_customer_has_prepaid() -> None:
    below_zero = invoice(usage(-700, month(1)), usage(500, month(1), "users"))

    assert balances(in_books(below_zero), FEBRUARY_1) == {
        "prepayments:UA": -200,
        "revenue:calls": 700,
        "revenue:users": -500,
    }
    assert balances(in_books(below_zero, voided_on=date(2026, 2, 2)), date(2026, 2, 2)) == {
        "revenue:calls": 700,
        "revenue:users": -500,
        "voids:calls": -700,
        "voids:users": 500,
    }


def test_a_void_one_gives_back_what_is_earned_and_releases_the_rest() -> None:
    told = in_books(FEE_FOR_FEBRUARY, voided_on=date(2026, 2, 8))

    assert balances(told, date(2026, 2, 7))["revenue:base"] == -700
    assert balances(told, MARCH_31) == {"revenue:base": -700, "voids:base": 700}


TAXED = Terms((fixed("20"),), taxes=TaxRules((vat("20"),)))


def test_a_credit_note_takes_back_what_is_earned_of_its_lines_and_their_tax() -> None:
    billed = documents.invoice(("calls", "100"), ("users", "40"), terms=TAXED)
    lines = credit_lines(billed, (), (CreditItem(0, eur("50")),))
    assert not isinstance(lines, CreditRefused)
    total = total_of("EUR", (line.gross for line in lines))
    note = CreditNote(
        "cn_1",
        "inv_1",
        "UA",
        "EUR",
        MARCH_31,
        "Outage",
        lines,
        ((Disposition.REFUND, total),),
        at("2026-03-05"),
        "CN-1",
    )
    before, after = (balances(in_books(billed, notes=notes), MARCH_31) for notes in ((), (note,)))

    moved = {account: after.get(account, 0) - before.get(account, 0) for account in after}
    assert {account: amount for account, amount in moved.items() if amount} == {
        "receivables:UA": -total.amount_minor,
        "credit_notes:calls": lines[0].net.amount_minor,
        "tax_liability:vat": lines[0].tax.amount_minor,
    }


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((Paid(FEBRUARY_1, 2800),), {"cash:main": 2800}),
        ((Paid(FEBRUARY_1, 2800, Account.SETTLED_OUTSIDE),), {"settled_outside:UA": 2800}),
        ((Paid(FEBRUARY_1, 2800, Account.CUSTOMER_CREDIT),), {"customer_credit:UA": 2800}),
        ((Paid(FEBRUARY_1, 2800), Paid(FEBRUARY_28, -2800)), {"receivables:UA": 2800}),
        # Written off when a quarter is earned: the rest never will be.
        ((Reduced(date(2026, 2, 8), 2800, Account.BAD_DEBT),), {"bad_debt:UA": 700, "revenue:base": -700}),
        (
            (Reduced(date(2026, 2, 8), 2800, Account.BAD_DEBT), Paid(FEBRUARY_28, 2800)),
            {"cash:main": 2800, "revenue:base": -700, "recoveries:UA": -2100},
        ),
        (
            (Reduced(date(2026, 2, 8), 2800, Account.BAD_DEBT, withdrawn_on=date(2026, 2, 9)),),
            {"receivables:UA": 2800},
        ),
        (
            (Paid(FEBRUARY_1, 2800), Reduced(MARCH_31, 2800, Account.CHARGEBACKS, Account.CASH)),
            {"chargebacks:base": 2800},
        ),
        (
            (
                Paid(FEBRUARY_1, 2800),
                Reduced(FEBRUARY_28, 2800, Account.CHARGEBACKS, Account.CASH),
                ChargebackWon(MARCH_31, 2800),
            ),
            {"cash:main": 2800, "chargebacks:base": 2700, "revenue:base": -2700, "recoveries:UA": -2800},
        ),
        ((Paid(FEBRUARY_1, 2800), FeeCharged(FEBRUARY_1, 90)), {"cash:main": 2710, "processing_fees:main": 90}),
    ],
)
def test_what_becomes_of_the_money(facts: tuple[Fact, ...], expected: Day) -> None:
    found = balances(in_books(FEE_FOR_FEBRUARY, *facts), MARCH_31)

    assert found == {"revenue:base": -2800, **expected}


def posted_by_running(
    told: InvoiceInBooks, through: Iterable[date], closed: Iterable[tuple[int, int]] = ()
) -> list[Posted]:
    """What the books have after runs through some days, while months are closed."""
    posted: list[Posted] = []
    for day in through:
        missing = missing_transfers(
            told.target, posted, told.days(day), lambda one: (one.year, one.month) not in set(closed), "USD"
        )
        posted += [Posted(on, transfer) for on, transfers in list(missing) for transfer in transfers]
    return posted


def by_month(posted: Iterable[Posted], account: str) -> dict[int, int]:
    """What an account grew by when credited, by month."""
    found: Counter[int] = Counter()
    for day, transfer in ((each.day, each.transfer) for each in posted):
        found[day.month] += transfer.amount.amount_minor * (
            (transfer.credit_account == account) - (transfer.debit_account == account)
        )
    return dict(found)


QUARTER = invoice(fee(5900, BillingPeriod(at("2026-02-01"), at("2026-04-01"))))


def test_a_repeat_posts_nothing() -> None:
    told = in_books(QUARTER)

    once = posted_by_running(told, [MARCH_31])

    assert posted_by_running(told, [MARCH_31, MARCH_31]) == once
    assert by_month(once, "revenue:base") == {2: 2800, 3: 3100}


def test_what_belongs_to_a_closed_month_is_posted_in_the_next_open_one() -> None:
    posted = posted_by_running(in_books(QUARTER), [MARCH_31], closed=[(2026, 2)])

    assert by_month(posted, "revenue:base") == {3: 5900}


@given(
    st.lists(st.integers(0, 75), max_size=6),
    st.sampled_from([(), ((2026, 2),)]),
    st.booleans(),
)
def test_the_order_of_runs_changes_neither_the_months_nor_the_whole(
    offsets: list[int], closed: tuple[tuple[int, int], ...], is_void: bool
) -> None:
    told = in_books(QUARTER, voided_on=date(2026, 3, 10) if is_void else None)
    runs = [FEBRUARY_1 + timedelta(days=offset) for offset in offsets]

    posted = posted_by_running(told, [*runs, date(2026, 4, 30)], closed)
    at_once = posted_by_running(told, [date(2026, 4, 30)], closed)

    for account in ("revenue:base", "deferred_revenue:base", "receivables:UA", "voids:base"):
        found, expected = ({m: a for m, a in by_month(each, account).items() if a} for each in (posted, at_once))
        assert found == expected


AMOUNTS = st.lists(st.tuples(st.integers(-(10**12), 10**12), st.sampled_from(Timing)), min_size=1, max_size=20)


@given(AMOUNTS, st.dates(date(2026, 1, 1), date(2026, 4, 1)))
def test_the_books_balance_on_every_day_and_say_the_total_in_the_end(
    amounts: list[tuple[int, Timing]], day: date
) -> None:
    lines = (
        fee(amount, month(2 if timing is Timing.IN_ADVANCE else 1), timing, f"p{n}")
        for n, (amount, timing) in enumerate(amounts)
    )
    told = in_books(invoice(*lines))

    assert sum(balances(told, day).values()) == 0
    in_the_end = balances(told, MARCH_31)
    assert in_the_end.get("receivables:UA", 0) == told.invoice.payable.amount_minor
    assert in_the_end.get("prepayments:UA", 0) == -told.invoice.carried_over.amount_minor
    assert not any(account.startswith(("deferred", "unbilled")) for account in in_the_end)
