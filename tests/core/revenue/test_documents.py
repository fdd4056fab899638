"""Documents in the books: what is invoiced, earned, paid and taken back. Amounts are in cents."""

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import InvalidValue
from gateway.core.revenue.accounts import CREDIT_BALANCE, Account
from gateway.core.revenue.document import RevenueDocument
from gateway.core.revenue.facts import Authorized, ChargebackWon, Fact, FeeCharged, Paid, Reduced
from gateway.core.revenue.flows import Flows, Movement, net_changes
from gateway.core.revenue.lines import Charge, RevenueLine
from gateway.core.revenue.months import month_ends, movements_by_end
from gateway.core.revenue.schedules import AsDelivered, AtOnce, ByDay

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
JANUARY_END, FEBRUARY_END, MARCH_END = date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)
QUARTER = RevenueLine(9000, ByDay(JANUARY, date(2026, 4, 1)))
TAX = Charge(Account.TAX_LIABILITY, 1710)


def invoice(
    *facts: Fact, lines: tuple[RevenueLine, ...] = (QUARTER,), charges: tuple[Charge, ...] = ()
) -> RevenueDocument:
    return RevenueDocument(lines, JANUARY, charges=charges, facts=facts)


def balances(document: RevenueDocument, through: date) -> Mapping[str, int]:
    """What is in each account by the end of a day, where that is not nothing."""
    changes = net_changes(document.flows(through).since(Flows()))
    return {account.value: amount for account, amount in changes.items() if amount}


def test_a_fee_in_advance_is_deferred_and_earned_by_day() -> None:
    fee = invoice()

    assert balances(fee, date(2025, 12, 31)) == {}
    assert balances(fee, JANUARY) == {"receivables": 9000, "deferred_revenue": 8900, "revenue": 100}
    assert balances(fee, JANUARY_END) == {"receivables": 9000, "deferred_revenue": 5900, "revenue": 3100}
    assert balances(fee, MARCH_END) == {"receivables": 9000, "revenue": 9000}


def test_usage_is_unbilled_until_it_is_invoiced() -> None:
    line = RevenueLine(3200, AsDelivered(((date(2026, 1, 25), 1500), (date(2026, 2, 4), 3200)), date(2026, 2, 15)))
    usage = RevenueDocument((line,), date(2026, 2, 15), accrues=True)

    assert balances(usage, JANUARY_END) == {"unbilled_receivables": 1500, "revenue": 1500}
    assert balances(usage, date(2026, 2, 14)) == {"unbilled_receivables": 3200, "revenue": 3200}
    assert balances(usage, date(2026, 2, 15)) == {"receivables": 3200, "revenue": 3200}


def test_what_nobody_billed_yet_and_does_not_accrue_is_not_booked() -> None:
    assert balances(RevenueDocument((QUARTER,), None), MARCH_END) == {}
    assert balances(RevenueDocument((QUARTER,), None, accrues=True), JANUARY_END) == {
        "unbilled_receivables": 3100,
        "revenue": 3100,
    }


def test_what_is_invoiced_late_is_caught_up_on_the_day_of_the_invoice() -> None:
    late = RevenueDocument((QUARTER,), date(2026, 2, 15))

    assert balances(late, date(2026, 2, 14)) == {}
    assert balances(late, date(2026, 2, 15)) == {"receivables": 9000, "deferred_revenue": 4400, "revenue": 4600}


def test_what_is_delivered_when_it_is_invoiced_is_never_deferred() -> None:
    once = invoice(lines=(RevenueLine(500, AtOnce(JANUARY)),))

    assert list(once.flows(JANUARY).since(Flows())) == [Movement(Account.RECEIVABLES, Account.REVENUE, 500)]


def test_tax_is_owed_and_no_revenue() -> None:
    taxed = invoice(Paid(FEBRUARY), charges=(TAX,))

    assert balances(taxed, MARCH_END) == {"cash": 10710, "tax_liability": 1710, "revenue": 9000}


HALF_CREDITED = Reduced(FEBRUARY, 4500, Account.CREDIT_NOTES)

REDUCED = [
    # facts, balances at the end of February
    (
        [HALF_CREDITED],
        {"receivables": 4500, "deferred_revenue": 1550, "revenue": 4500, "credit_notes": 1550},
    ),
    (
        [Paid(JANUARY), Reduced(FEBRUARY, 9000, Account.REFUNDS, Account.CASH)],
        {"revenue": 3100, "refunds": 3100},
    ),
    (
        [Reduced(FEBRUARY, None, Account.VOIDS)],
        {"revenue": 3100, "voids": 3100},
    ),
    (
        [Reduced(FEBRUARY, None, Account.BAD_DEBT)],
        {"revenue": 3100, "bad_debt": 3100},
    ),
    (
        [Reduced(FEBRUARY, None, Account.BAD_DEBT), Paid(date(2026, 2, 20))],
        {"cash": 9000, "revenue": 3100, "recoveries": 5900},
    ),
    (
        [Reduced(FEBRUARY, None, Account.BAD_DEBT), Reduced(date(2026, 2, 20), None, Account.VOIDS)],
        {"revenue": 3100, "voids": 3100},
    ),
    (
        [
            Reduced(FEBRUARY, None, Account.BAD_DEBT),
            Paid(date(2026, 2, 10)),
            Reduced(date(2026, 2, 20), 9000, Account.CHARGEBACKS, Account.CASH),
        ],
        {"revenue": 3100, "chargebacks": 3100},
    ),
    (
        [
            Paid(JANUARY),
            Reduced(FEBRUARY, 9000, Account.CHARGEBACKS, Account.CASH),
            ChargebackWon(date(2026, 2, 20), 9000),
        ],
        {"cash": 9000, "revenue": 3100, "chargebacks": 3100, "recoveries": 9000},
    ),
    (
        [
            Paid(JANUARY),
            Reduced(FEBRUARY, 9000, Account.REFUNDS, Account.CASH),
            Reduced(date(2026, 2, 20), 500, Account.CHARGEBACKS, Account.CASH),
        ],
        {"cash": -500, "revenue": 3100, "refunds": 3100, "other_loss": 500},
    ),
    (
        [Paid(JANUARY), FeeCharged(JANUARY, 30)],
        {"cash": 8970, "processing_fees": 30, "deferred_revenue": 3100, "revenue": 5900},
    ),
    (
        [Authorized(JANUARY, 4000)],
        {"receivables": 5000, "authorized_payments": 4000, "deferred_revenue": 3100, "revenue": 5900},
    ),
    (
        [Authorized(JANUARY, 4000), Paid(FEBRUARY, 5000)],
        {"cash": 5000, "receivables": 4000, "deferred_revenue": 3100, "revenue": 5900},
    ),
    (
        # What was promised is not kept, and then a payment is taken back.
        [Authorized(JANUARY, 4000), Authorized(FEBRUARY, -4000), Paid(FEBRUARY, 900), Paid(FEBRUARY, -900)],
        {"receivables": 9000, "deferred_revenue": 3100, "revenue": 5900},
    ),
    (
        [Paid(JANUARY, 2000, Account.CUSTOMER_CREDIT), Paid(JANUARY, source=Account.SETTLED_OUTSIDE)],
        {"customer_credit": -2000, "settled_outside": 7000, "deferred_revenue": 3100, "revenue": 5900},
    ),
]


@pytest.mark.parametrize(("facts", "expected"), REDUCED)
def test_what_is_taken_back_is_split_by_what_is_earned(facts: list[Fact], expected: dict[str, int]) -> None:
    assert balances(invoice(*facts), FEBRUARY_END) == expected


def test_a_credit_note_that_is_withdrawn_is_caught_up() -> None:
    credited = invoice(Reduced(FEBRUARY, 4500, Account.CREDIT_NOTES, withdrawn_on=MARCH))

    assert balances(credited, FEBRUARY_END)["revenue"] == 4500
    assert balances(credited, MARCH) == {"receivables": 9000, "deferred_revenue": 3000, "revenue": 6000}


def test_tax_is_taken_back_with_the_lines() -> None:
    voided = invoice(Reduced(FEBRUARY, None, Account.VOIDS), charges=(TAX,))

    assert balances(voided, FEBRUARY_END) == {"revenue": 3100, "voids": 3100}


def test_an_earlier_balance_that_is_collected_stays_owed_when_the_debt_is_given_up() -> None:
    collected = invoice(Reduced(FEBRUARY, None, Account.BAD_DEBT), charges=(Charge(Account.CUSTOMER_CREDIT, 1000),))

    assert balances(collected, FEBRUARY_END) == {
        "customer_credit": 1000,
        "revenue": 3100,
        "bad_debt": 3100,
        "recoveries": -1000,
    }


def test_who_may_still_cancel_owes_nothing() -> None:
    prepaid = RevenueDocument((QUARTER,), JANUARY, owed_in=Account.CASH)

    assert balances(prepaid, JANUARY_END) == {"cash": 9000, "deferred_revenue": 5900, "revenue": 3100}


def test_a_line_below_zero_gives_back_what_another_took() -> None:
    returned = invoice(lines=(RevenueLine(-9000, QUARTER.schedule), RevenueLine(12000, QUARTER.schedule)))

    assert balances(returned, JANUARY_END) == {"receivables": 3000, "deferred_revenue": 1967, "revenue": 1033}


def test_a_reduction_stands_against_revenue_in_an_account_that_does() -> None:
    with pytest.raises(InvalidValue, match="cash does not stand against revenue"):
        Reduced(FEBRUARY, 100, Account.CASH)


def test_the_movements_of_months_are_the_differences_of_their_ends() -> None:
    ends = list(month_ends(date(2026, 1, 15), date(2026, 2, 1)))

    assert ends == [JANUARY_END, FEBRUARY_END]
    assert [moved for _, moved in movements_by_end([invoice(HALF_CREDITED)], ends)] == [
        [
            Movement(Account.RECEIVABLES, Account.DEFERRED_REVENUE, 9000),
            Movement(Account.DEFERRED_REVENUE, Account.REVENUE, 3100),
        ],
        [
            Movement(Account.CREDIT_NOTES, Account.RECEIVABLES, 1550),
            Movement(Account.DEFERRED_REVENUE, Account.RECEIVABLES, 2950),
            Movement(Account.DEFERRED_REVENUE, Account.REVENUE, 1400),
        ],
    ]


def test_what_flows_less_than_before_flows_back() -> None:
    before, after = Flows(), Flows()
    before.move(Account.RECEIVABLES, Account.REVENUE, 300)
    after.move(Account.RECEIVABLES, Account.REVENUE, 100)
    after.move(Account.CASH, Account.CASH, 50)

    assert list(after.since(before)) == [Movement(Account.REVENUE, Account.RECEIVABLES, 200)]
    assert list(after.since(after)) == []


DAYS = st.dates(JANUARY, date(2026, 6, 30))
LINES = st.lists(st.builds(RevenueLine, st.integers(1, 10**12), st.just(QUARTER.schedule)), min_size=1, max_size=4)
REDUCTIONS = st.builds(
    Reduced,
    DAYS,
    st.none() | st.integers(1, 10**12),
    st.sampled_from([Account.CREDIT_NOTES, Account.REFUNDS, Account.VOIDS]),
)


@given(LINES, st.lists(REDUCTIONS, max_size=4), DAYS)
def test_the_books_balance_and_nothing_is_earned_twice(
    lines: list[RevenueLine], reductions: list[Reduced], through: date
) -> None:
    document = invoice(*reductions, lines=tuple(lines))
    changes = net_changes(document.flows(through).since(Flows()))

    assert sum(-amount if account in CREDIT_BALANCE else amount for account, amount in changes.items()) == 0
    assert changes[Account.DEFERRED_REVENUE] >= 0
    assert 0 <= changes[Account.REVENUE] <= sum(line.amount for line in lines)


@given(LINES, st.lists(REDUCTIONS, max_size=4))
def test_in_the_end_revenue_is_what_was_billed_less_what_was_taken_back(
    lines: list[RevenueLine], reductions: list[Reduced]
) -> None:
    document = invoice(*reductions, lines=tuple(lines))
    changes = net_changes(document.flows(date(2027, 1, 1)).since(Flows()))
    against = sum(changes[account] for account in (Account.CREDIT_NOTES, Account.REFUNDS, Account.VOIDS))

    assert changes[Account.DEFERRED_REVENUE] == 0
    assert changes[Account.REVENUE] - against - changes[Account.OTHER_LOSS] == changes[Account.RECEIVABLES]
