"""Changing a plan in the middle of a period."""

from decimal import Decimal
from fractions import Fraction

from gateway.core.invoicing.fee_changes import FeeChange, change_lines
from gateway.core.periods.period import BillingPeriod
from tests.core.samples import at

UNUSED = BillingPeriod(at("2019-04-21"), at("2019-05-01"))


def test_the_old_fee_is_given_back_and_the_new_one_is_due_for_what_is_left() -> None:
    changes = [
        FeeChange("base", Decimal(90), Decimal(120)),
        FeeChange("gone", Decimal(30)),
        FeeChange("added", new=Decimal(50)),
    ]

    lines = change_lines(changes, UNUSED, Fraction(1, 3), "USD")

    assert [(line.description, str(line.amount), line.period) for line in lines] == [
        ("Unused base", "-30.00", UNUSED),
        ("Remaining base", "40.00", UNUSED),
        ("Unused gone", "-10.00", UNUSED),
        ("Remaining added", "16.67", UNUSED),
    ]


def test_where_nothing_of_the_period_is_left_nothing_changes() -> None:
    assert change_lines([FeeChange("base", Decimal(90), Decimal(120))], UNUSED, Fraction(0), "USD") == ()
