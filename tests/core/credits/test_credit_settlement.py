"""What credit pays: a charge, the lines of an invoice, early bills; and what one asks of balances."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.credits.burn_down import BeyondBalance, CreditUse
from gateway.core.credits.questions import balance_of_level, balances_by_window, refused_reset
from gateway.core.credits.settlement import (
    CreditScope,
    LineKind,
    PayableLine,
    Settled,
    Settlement,
    WalletBalance,
    WalletPayment,
    credit_worth,
    paid_by_wallet,
    pay_from_wallets,
    settle_charge,
)
from gateway.core.periods.period import BillingPeriod
from gateway.core.periods.windows import Window, split
from tests.core.credits.test_credits import grant
from tests.core.samples import at

THEN_INVOICE, ONLY = Settlement.CREDIT_THEN_INVOICE, Settlement.CREDIT_ONLY
FEE, USAGE = LineKind.FEE, LineKind.USAGE


@pytest.mark.parametrize(
    ("charge", "balance", "settlement", "from_credit", "to_invoice"),
    [
        ("100", "40", THEN_INVOICE, "40", "60"),
        ("100", "100", ONLY, "100", "0"),
        ("100", "0", THEN_INVOICE, "0", "100"),
        ("100", "-5", THEN_INVOICE, "0", "100"),
    ],
)
def test_credit_pays_first(
    charge: str, balance: str, settlement: Settlement, from_credit: str, to_invoice: str
) -> None:
    settled = settle_charge("c", Decimal(charge), Decimal(balance), settlement)

    assert settled == Settled(Decimal(from_credit), Decimal(to_invoice))


def test_credit_only_refuses_a_charge_beyond_the_balance() -> None:
    assert settle_charge("c", Decimal(100), Decimal(40), ONLY) == BeyondBalance("c", Decimal(100), Decimal(40))


def test_credits_are_worth_their_rate() -> None:
    assert credit_worth(Decimal(60), Decimal("0.5")) == 30


def wallet(name: str, balance: int, priority: int = 50, **scope: frozenset[object]) -> WalletBalance:
    """A wallet in euros."""
    return WalletBalance(name, "EUR", balance, priority, scope=CreditScope(**scope))  # type: ignore[arg-type]


LINES = (PayableLine(Decimal(60), FEE, tax=Decimal(6)), PayableLine(Decimal(40), USAGE, "calls", Decimal(4)))


@pytest.mark.parametrize(
    ("wallets", "paid"),
    [
        ([], {}),
        ([wallet("one", 1000)], {"one": 110}),
        ([wallet("one", 80)], {"one": 80}),
        ([wallet("b", 1000), wallet("a", 1000)], {"a": 110}),
        ([wallet("late", 1000), wallet("early", 1000, priority=1)], {"early": 110}),
        ([wallet("fees", 1000, kinds=frozenset({FEE}))], {"fees": 66}),
        ([wallet("calls", 1000, meters=frozenset({"calls"}))], {"calls": 44}),
        ([wallet("both", 1000, kinds=frozenset({FEE}), meters=frozenset({"calls"}))], {"both": 110}),
        ([wallet("other", 1000, meters=frozenset({"bytes"}))], {}),
        ([WalletBalance("dollars", "USD", 1000)], {}),
        ([WalletBalance("dated", "EUR", 1000, created_at=at("2026-01-01")), wallet("a", 1000)], {"dated": 110}),
    ],
)
def test_wallets_pay_what_they_may_by_priority_then_age(wallets: list[WalletBalance], paid: dict[str, int]) -> None:
    assert paid_by_wallet(pay_from_wallets(LINES, wallets, "EUR")) == paid


def test_a_wallet_pays_each_line_by_itself() -> None:
    payments = pay_from_wallets(LINES, [wallet("one", 80)], "EUR")

    assert payments == (WalletPayment("one", 0, 66), WalletPayment("one", 1, 14))


def test_a_line_that_gives_back_makes_the_others_cheaper() -> None:
    lines = (PayableLine(Decimal(100), USAGE), PayableLine(Decimal(-30), USAGE))

    assert pay_from_wallets(lines, [wallet("one", 80)], "EUR") == (WalletPayment("one", 0, 70),)


@given(
    cents=st.lists(st.decimals("0", "500", places=3), max_size=6),
    balances=st.lists(st.integers(0, 900), max_size=4),
)
def test_wallets_leave_no_gap_and_pay_no_more_than_there_is(cents: list[Decimal], balances: list[int]) -> None:
    lines = [PayableLine(amount, USAGE) for amount in cents]
    wallets = [wallet(f"w{number}", balance) for number, balance in enumerate(balances)]
    total = int(sum(cents, Decimal(0)))

    paid = paid_by_wallet(pay_from_wallets(lines, wallets, "EUR", total))

    assert sum(paid.values()) == min(total, sum(balances))
    assert all(paid.get(one.id, 0) <= one.balance for one in wallets)


def test_each_window_begins_with_what_there_was_at_its_start() -> None:
    grants = [grant("g", "100"), grant("later", "50", effective_at=at("2026-01-02 12:00"))]
    uses = [CreditUse("u1", at("2026-01-01 00:01"), Decimal(10)), CreditUse("u2", at("2026-01-03"), Decimal(20))]
    days = split(BillingPeriod(at("2026-01-01"), at("2026-01-05")), Window.DAY, ZoneInfo("UTC"))

    found = balances_by_window(grants, uses, days)

    assert [one.balance for one in found] == [100, 90, 140, 120]


@pytest.mark.parametrize(
    ("instant", "left"),
    [("2026-01-01", "100"), ("2026-01-02", "85"), ("2026-01-02 00:01", "-30"), ("2026-02-01", "-130")],
)
def test_a_level_leaves_what_the_last_value_before_does_not_use(instant: str, left: str) -> None:
    grants = [grant("g", "100", expires_at=at("2026-02-01"))]
    levels = [(at("2026-01-02"), Decimal(130)), (at("2026-01-01"), Decimal(15))]

    assert balance_of_level(grants, levels, at(instant)) == Decimal(left)


@pytest.mark.parametrize(
    ("reset_at", "reason"),
    [
        ("2026-01-05 00:59", "is before the current period"),
        ("2026-01-05 01:00:30", "is in the minute of the last reset"),
        ("2026-01-09", "is in the future"),
        ("2026-01-05 01:01", None),
    ],
)
def test_a_reset_comes_after_the_last_and_not_in_the_future(reset_at: str, reason: str | None) -> None:
    refused = refused_reset(at(reset_at), at("2026-01-05 01:00:10"), now=at("2026-01-08"))

    assert (refused is None) is (reason is None)
    assert reason is None or (refused is not None and reason in refused.reason)
