"""When what is deferred will be earned."""

from datetime import date

from gateway.core.money import Money
from gateway.core.reports.schedule import DeferringDocument, ScheduledMonth, scheduled_by_month
from gateway.core.revenue.accounts import Account
from gateway.core.revenue.document import RevenueDocument
from gateway.core.revenue.facts import Fact, Reduced
from gateway.core.revenue.lines import RevenueLine
from gateway.core.revenue.schedules import ByDay

JANUARY_END = date(2026, 1, 31)


def deferring(deferred: int, *facts: Fact, currency: str = "EUR") -> DeferringDocument:
    """90.00 over the 90 days from 1 January, billed on the first of them."""
    line = RevenueLine(9000, ByDay(date(2026, 1, 1), date(2026, 4, 1)))
    document = RevenueDocument((line,), date(2026, 1, 1), accrues=True, facts=facts)
    return DeferringDocument(currency, deferred, document, date(2026, 3, 31))


def row(month: str, earned: int, left: int, currency: str = "EUR") -> ScheduledMonth:
    return ScheduledMonth(month, currency, Money(earned, currency), Money(left, currency))


def test_what_is_deferred_is_earned_by_the_days_of_the_months_to_come() -> None:
    assert scheduled_by_month(JANUARY_END, [deferring(5900), deferring(5900)]) == [
        row("2026-02", 5600, 6200),
        row("2026-03", 6200, 0),
    ]


def test_what_is_not_posted_yet_is_earned_in_the_month_itself() -> None:
    assert scheduled_by_month(JANUARY_END, [deferring(6000)]) == [
        row("2026-01", 100, 5900),
        row("2026-02", 2800, 3100),
        row("2026-03", 3100, 0),
    ]


def test_what_happens_later_is_not_known_yet() -> None:
    later = Reduced(date(2026, 2, 1), None, Account.CREDIT_NOTES)
    assert scheduled_by_month(JANUARY_END, [deferring(5900, later)]) == scheduled_by_month(
        JANUARY_END, [deferring(5900)]
    )
    assert scheduled_by_month(date(2026, 2, 28), [deferring(0, later)]) == []


def test_a_write_off_counts_until_it_is_withdrawn() -> None:
    given_up = Reduced(date(2026, 1, 31), None, Account.BAD_DEBT, withdrawn_on=date(2026, 2, 1))
    assert scheduled_by_month(JANUARY_END, [deferring(0, given_up)]) == []
    assert scheduled_by_month(date(2026, 2, 28), [deferring(3100, given_up)]) == [row("2026-03", 3100, 0)]


def test_after_its_last_day_nothing_is_left() -> None:
    assert scheduled_by_month(date(2026, 6, 30), [deferring(12)]) == [row("2026-06", 12, 0)]


def test_currencies_stand_apart() -> None:
    rows = scheduled_by_month(date(2026, 2, 28), [deferring(3100, currency="USD"), deferring(3100)])
    assert rows == [row("2026-03", 3100, 0), row("2026-03", 3100, 0, currency="USD")]
