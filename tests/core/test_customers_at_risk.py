"""Who is at risk, and why; and how often that is right in a company from a seed."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from gateway.core.customers_at_risk import Observed, Risk, RiskReason, payment_risk, usage_risks
from gateway.core.forecasting.daily_usage import DailyUsage, units_of
from gateway.core.invoicing.invoice import PaymentStatus
from gateway.core.money import Money
from tests.core.at_risk_company import TODAY, invoices, scored
from tests.core.documents import invoice

DUE_ON = date(2026, 3, 3)


def usd(amount: int) -> Money:
    return Money(100 * amount, "USD")


def observed(*fortnights: str, bills: tuple[int, ...] = (30, 30, 30), expected: int = 30) -> Observed:
    """A meter with the same quantity on each day of a fortnight."""
    days = [units_of(Decimal(each)) for each in fortnights for _ in range(14)]
    daily = DailyUsage(TODAY - timedelta(days=len(days)), len(days), {("calls", ()): days}, {})
    return Observed("acme", "sub_1", daily, tuple(map(usd, bills)), usd(expected))


def reasons(found: Observed) -> list[RiskReason]:
    return [risk.reason for risk in usage_risks(found)]


def test_usage_falls_to_half_of_the_usual() -> None:
    assert list(usage_risks(observed("4", "3", "4", "5", "2"))) == [
        Risk("acme", RiskReason.USAGE_FALLING, "sub_1", "calls", Decimal(56), Decimal(28))
    ]


@pytest.mark.parametrize(
    "steady",
    [
        observed("4", "3", "4", "5", "2.1"),  # more than half of the usual
        observed("4", "2", "4", "5", "2"),  # as it was before
        observed("0", "0", "0", "0", "0"),  # never used
        observed("4", "4", "4", "1"),  # too short a history
        observed("4", "4", "4", "4", "1", bills=(19, 19, 19), expected=19),  # too small
        observed("4", "4", "4", "4", "1", bills=(30, 30)),  # too few bills
    ],
)
def test_usage_that_does_not_fall_is_no_reason(steady: Observed) -> None:
    assert reasons(steady) == []


def test_the_meter_that_fell_most_is_named_over_all_values_of_its_dimensions() -> None:
    found = observed("4", "4", "4", "4", "2")
    half, nothing = found.daily.added["calls", ()], [each if day < 56 else 0 for day, each in enumerate([10**12] * 70)]
    parts = {("calls", (("zone", "eu"),)): half, ("calls", (("zone", "us"),)): half, ("uploads", ()): nothing}

    [risk] = usage_risks(replace(found, daily=replace(found.daily, added=parts)))

    assert (risk.meter, risk.quantity_before, risk.quantity_now) == ("uploads", 14, 0)


@pytest.mark.parametrize(
    ("bills", "expected", "is_spike"),
    [
        ((30, 30, 30), 61, True),
        ((30, 30, 30), 60, False),  # no more than twice the usual
        ((30, 30, 70), 65, False),  # as much as before
        ((10, 10, 10), 29, False),  # 19 more
        ((10, 10, 10), 30, True),
        ((30, 30), 90, False),  # too few bills
    ],
)
def test_a_bill_that_more_than_doubles_is_a_spike(bills: tuple[int, ...], expected: int, is_spike: bool) -> None:
    found = list(usage_risks(observed(bills=bills, expected=expected)))

    spike = Risk("acme", RiskReason.USAGE_SPIKE, "sub_1", amount_before=usd(bills[0]), amount_now=usd(expected))
    assert found == ([spike] if is_spike else [])


def test_a_payment_that_failed_names_what_was_due() -> None:
    overdue = replace(invoice(("base", "10.00")), due_on=DUE_ON)

    found = payment_risk(overdue, DUE_ON + timedelta(days=1))

    assert found == Risk("UA", RiskReason.FAILED_PAYMENT, "inv_1", amount_now=overdue.total, due_on=DUE_ON)
    assert payment_risk(overdue, DUE_ON) is None
    assert payment_risk(replace(overdue, payment_status=PaymentStatus.UNCOLLECTIBLE), DUE_ON) is not None


def test_nothing_to_pay_is_no_failed_payment() -> None:
    nothing = replace(invoice(("base", "0.00")), payment_status=PaymentStatus.UNCOLLECTIBLE)

    assert payment_risk(nothing, DUE_ON) is None


def test_every_failed_payment_of_a_company_is_found_and_no_other() -> None:
    for made, has_failed in invoices(seed=1):
        assert (payment_risk(made, TODAY) is not None) is has_failed


@pytest.mark.parametrize(
    ("reason", "precision_min", "recall_min"),
    [(RiskReason.USAGE_FALLING, 0.8, 0.6), (RiskReason.USAGE_SPIKE, 0.9, 0.85)],
)
def test_reasons_are_as_often_right_as_the_documentation_says(
    reason: RiskReason, precision_min: float, recall_min: float
) -> None:
    """The figures, over ten companies, are in `docs/explanation/customers-at-risk.md`."""
    named, planted, right = scored(range(1), reason)

    assert right >= precision_min * named
    assert right >= recall_min * planted
