"""Thresholds on lifetime usage: each bills early once, and the last invoice of a period takes that off."""

from decimal import Decimal

import pytest

from gateway.core.errors import InvalidValue
from gateway.core.invoicing.lifetime_thresholds import bill_progressively, stated_so_far
from gateway.core.money import Money
from gateway.core.plans.invoice_thresholds import LifetimeThresholds
from tests.core.samples import at, month


def euros(amount: str) -> Money:
    return Money.rounded(Decimal(amount), "EUR")


@pytest.mark.parametrize(
    ("once", "step", "amount", "reached"),
    [
        ((), None, "50", ()),
        (("20", "10"), None, "20", ("10", "20")),
        (("10",), "5", "9", ()),
        (("10",), "5", "14", ("10",)),
        (("10",), "5", "20", ("10", "15", "20")),
        ((), "10", "25", ("10", "20")),
    ],
)
def test_recurring_thresholds_follow_the_last_that_occurs_once(
    once: tuple[str, ...], step: str | None, amount: str, reached: tuple[str, ...]
) -> None:
    thresholds = LifetimeThresholds(tuple(map(Decimal, once)), step and Decimal(step))  # type: ignore[arg-type]

    assert thresholds.up_to(Decimal(amount)) == tuple(map(Decimal, reached))


@pytest.mark.parametrize(
    ("before", "amounts", "billed", "total"),
    [
        ("0", ["200"], ["200.00"], "31.00"),
        ("200", ["400"], ["400.00"], "31.00"),
        ("200", ["200"], ["None"], "231.00"),
        ("0", ["200", "200", "200"], ["200.00", "None", "400.00"], "31.00"),
        ("150", ["40", "20"], ["None", "60.00"], "31.00"),
        ("0", [], [], "31.00"),
    ],
)
def test_what_was_billed_early_is_taken_off_at_the_end(
    before: str, amounts: list[str], billed: list[str], total: str
) -> None:
    usage = [(at(f"2026-01-0{day}"), Decimal(amount)) for day, amount in enumerate(amounts, start=1)]
    thresholds = LifetimeThresholds((Decimal(200), Decimal(500)))

    period = bill_progressively(thresholds, euros(before), stated_so_far("usage", usage, "EUR", month(1)))

    assert [str(period.billed_at(instant)) for instant, _ in usage] == billed
    assert str(period.total(euros("31"))) == total
    assert period.lifetime == period.lifetime_before + period.usage


def test_a_step_that_never_gets_further_is_refused() -> None:
    with pytest.raises(InvalidValue, match="recurring step of 0"):
        LifetimeThresholds((), Decimal(0))
