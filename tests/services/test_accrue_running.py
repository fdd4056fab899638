"""Accruals: what periods that run over the end of a month have earned by then is in the books of that month."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest

from gateway.core.books.accounting_periods import ClosedBooks, PeriodChange, PeriodStatus
from gateway.core.invoicing.discounts import Coupon, CouponDuration, Discount, Fixed
from gateway.core.ports.storage import UnitOfWork
from gateway.services.coupons_and_taxes import create_coupon, redeem_coupon
from gateway.services.recognise import recognise_due
from tests.services.billing import FEBRUARY, MARCH, Company, document
from tests.services.test_recognise import MID_FEBRUARY, MID_JANUARY, balances, by_month


@pytest.fixture
def running(company: Company) -> Company:
    """Acme, whose months begin on the fifteenth, with a fee in arrears and calls in both parts of the first of them."""
    definitions = document()
    prices = definitions["plans"][0]["prices"]
    prices[0] = {**prices[0], "timing": "in_arrears", "amount": "31.00"}
    company.define(definitions)
    company.sign(starts_at=MID_JANUARY, by_anniversary=True)
    company.call("2026-01-20T12:00:00Z", times=3)
    company.call("2026-02-03T12:00:00Z", times=4)
    return company


def recognise(company: Company) -> int:
    company.projector.catch_up()
    return recognise_due(company.installation)


def close(company: Company, month: str, ordinal: int = 1) -> None:
    def work(unit: UnitOfWork) -> None:
        unit.accounting_periods.lock_to_change("default")
        change = PeriodChange(
            "default", ordinal, month, PeriodStatus.OPEN, PeriodStatus.CLOSED, "ada", "month end", company.clock.now()
        )
        unit.accounting_periods.change(ClosedBooks(month), change)

    company.installation.storage.transact(work)


def test_a_period_that_runs_is_earned_as_far_as_it_was_delivered(running: Company) -> None:
    running.clock.set(FEBRUARY)

    assert recognise(running) == 1
    # 3 calls at 1.50, a user at 4.00, and 17 of 31 days of the fee; the minimum is not missed before the end.
    earned = {"revenue:calls": -450, "revenue:users": -400, "revenue:base": -1700}
    assert balances(running) == {"unbilled_receivables:acme": 2550, **earned}
    assert recognise(running) == 0


def redeem(company: Company, amount: str) -> None:
    """Acme has a coupon for an amount off every invoice."""
    off = Discount("spring", Fixed(Decimal(amount), "USD"))
    create_coupon(company.installation, Coupon(off, CouponDuration.FOREVER), "ada", "c1")
    redeem_coupon(company.installation, "spring", "acme", "ada", "c2")


def test_a_coupon_comes_off_by_the_part_of_the_period_that_is_over(running: Company) -> None:
    running.clock.set(MID_JANUARY)
    redeem(running, "31.00")
    running.clock.set(FEBRUARY)
    recognise(running)

    # 17.00 of the coupon, off usage and the fee together.
    assert by_month(running, "revenue") == {"2026-01": 2550 - 1700}
    running.bill(MID_FEBRUARY)
    (made,) = running.invoices()
    assert made.net.amount_minor == 3100 + 450 + 396 + 400 - 3100
    running.clock.set(FEBRUARY.replace(day=15))
    recognise(running)
    assert sum(by_month(running, "revenue").values()) == made.net.amount_minor
    assert "unbilled_receivables:acme" not in balances(running)


def test_a_coupon_never_takes_off_more_than_is_earned(running: Company) -> None:
    running.clock.set(MID_JANUARY)
    redeem(running, "3100.00")
    running.clock.set(FEBRUARY)

    recognise(running)

    assert balances(running) == {}


def test_an_invoice_takes_the_place_of_what_was_accrued(running: Company) -> None:
    running.clock.set(FEBRUARY)
    recognise(running)

    running.bill(MID_FEBRUARY)

    assert by_month(running, "revenue")["2026-01"] == 2550
    found = balances(running)
    assert "unbilled_receivables:acme" not in found
    assert found["receivables:acme"] == 3100 + 450 + 396 + 400
    running.clock.set(MARCH)
    assert recognise(running) == 1
    # The next period runs by then: 14 of its 28 days, 15.50, are earned.
    assert by_month(running, "unbilled_receivables") == {"2026-01": -2550, "2026-02": 2550 - 1550}


def test_without_an_accrual_the_months_are_the_same(running: Company) -> None:
    running.bill(MID_FEBRUARY)

    assert by_month(running, "revenue") == {"2026-01": 2550, "2026-02": 1400 + 396}


def test_a_month_that_closed_keeps_what_was_accrued_in_it(running: Company) -> None:
    running.clock.set(FEBRUARY)
    recognise(running)
    before = by_month(running, "revenue")
    running.call("2026-01-21T12:00:00Z", times=10)
    close(running, "2026-01")

    running.bill(MID_FEBRUARY)

    after = by_month(running, "revenue")
    assert after["2026-01"] == before["2026-01"]
    assert sum(after.values()) == 3100 + 450 + 14 * 99 + 400
    assert sum(balances(running).values()) == 0


def test_a_held_invoice_leaves_what_was_accrued_until_it_is_final(running: Company) -> None:
    running.call("2026-01-25T12:00:00Z", user=None)
    running.clock.set(FEBRUARY)

    assert recognise(running) == 1
    assert recognise(running) == 0
    assert balances(running)["unbilled_receivables:acme"] == 2550 + 99


def test_what_is_invoiced_is_not_accrued_again(running: Company) -> None:
    running.bill(MID_FEBRUARY)
    before = balances(running)

    recognise(running)

    assert balances(running) == before


def test_of_two_who_accrue_and_bill_at_once_each_amount_is_earned_once(
    running: Company, other_company: Company
) -> None:
    running.bill(MID_FEBRUARY - timedelta(days=1))
    other_company.projector.catch_up()
    running.clock.set(MID_FEBRUARY)

    with ThreadPoolExecutor(2) as pool:
        work = [pool.submit(recognise, other_company), pool.submit(running.bill)]
        for each in work:
            each.result()

    found = balances(running)
    assert found["receivables:acme"] == 3100 + 450 + 396 + 400
    assert "unbilled_receivables:acme" not in found
