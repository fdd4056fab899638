"""Customers at risk: whose usage falls, whose bill jumps, whose payments fail; each with the figures that say so."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from statistics import median_low

from gateway.core.forecasting.daily_usage import DailyUsage, quantity_of
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus, PaymentStatus
from gateway.core.money import Money
from gateway.core.numbers import plain

fortnight = 14
fortnights_before = 4
"""How many fortnights before the last one say what is usual; with less history nothing is said."""

bills_before = 3
"""How many bills say what is usual; with fewer nothing is said."""

amount_min = 20
"""In major units: a subscription with smaller bills is not looked at, nor is a smaller jump."""


class RiskReason(StrEnum):
    """Why a customer may be lost."""

    USAGE_FALLING = "usage_falling"
    USAGE_SPIKE = "usage_spike"
    FAILED_PAYMENT = "failed_payment"


@dataclass(frozen=True, slots=True)
class Risk:
    """A reason to look after a customer, with its figures.

    Of usage that falls: a `meter`, its usual and its present quantity in a fortnight. Of a spike: the usual and the
    expected bill for usage. Of a payment that failed: the invoice, what was to be paid and until when.
    """

    customer: str
    reason: RiskReason
    subject: str
    meter: str | None = None
    quantity_before: Decimal | None = None
    quantity_now: Decimal | None = None
    amount_before: Money | None = None
    amount_now: Money | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """What is known of a subscription: its days before today, its last bills for usage, and the expected one."""

    customer: str
    subscription_id: str
    daily: DailyUsage
    bills: Sequence[Money]
    expected: Money


def usage_risks(observed: Observed) -> Iterator[Risk]:
    """What its usage says of a subscription: that it falls, or that its bill jumps, or nothing."""
    if len(observed.bills) < bills_before:
        return
    usual = Money(median_low(bill.amount_minor for bill in observed.bills), observed.expected.currency)
    if usual.amount >= amount_min:
        yield from _falling(observed)
    highest = max(bill.amount_minor for bill in observed.bills)
    jump = observed.expected - usual
    if observed.expected.amount_minor > max(2 * usual.amount_minor, highest) and jump.amount >= amount_min:
        yield Risk(
            observed.customer,
            RiskReason.USAGE_SPIKE,
            observed.subscription_id,
            amount_before=usual,
            amount_now=observed.expected,
        )


def payment_risk(invoice: Invoice, today: date) -> Risk | None:
    """That an invoice was given up, or is not paid past its day; None for any other and for nothing to pay."""
    is_overdue = invoice.due_on is not None and invoice.due_on < today
    is_unpaid = invoice.payment_status is PaymentStatus.UNPAID and is_overdue
    has_failed = invoice.payment_status is PaymentStatus.UNCOLLECTIBLE or is_unpaid
    if invoice.status is not InvoiceStatus.FINALIZED or not has_failed or invoice.payable.amount_minor <= 0:
        return None
    return Risk(
        invoice.customer,
        RiskReason.FAILED_PAYMENT,
        invoice.id,
        amount_now=invoice.payable,
        due_on=invoice.due_on,
    )


def _falling(observed: Observed) -> Iterator[Risk]:
    """The meter that fell most, if the last fortnight has at most half of the usual and less than any before it."""
    fallen: list[tuple[Fraction, Risk]] = []
    for meter, days in sorted(_by_meter(observed.daily).items()):
        if len(days) < fortnight * (fortnights_before + 1):
            continue
        ends = range(len(days), len(days) - fortnight * (fortnights_before + 1), -fortnight)
        now, *before = (sum(days[end - fortnight : end]) for end in ends)
        usual = median_low(before)
        if usual > 0 and 2 * now <= usual and now < min(before):
            risk = Risk(
                observed.customer,
                RiskReason.USAGE_FALLING,
                observed.subscription_id,
                meter,
                quantity_before=_shortest(usual),
                quantity_now=_shortest(now),
            )
            fallen.append((Fraction(now, usual), risk))
    if fallen:
        yield min(fallen, key=lambda each: each[0])[1]


def _by_meter(daily: DailyUsage) -> dict[str, list[int]]:
    """What each meter added on each day, over all values of its dimensions."""
    found: dict[str, list[int]] = {}
    for (meter, _), days in daily.added.items():
        found[meter] = [a + b for a, b in zip(found.get(meter, [0] * daily.days), days, strict=True)]
    return found


def _shortest(units: int) -> Decimal:
    return Decimal(plain(quantity_of(units, is_whole=False)))
