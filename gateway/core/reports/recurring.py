"""Monthly recurring revenue: what the fees of the subscriptions that run come to in a month, and how that changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Annotated

from gateway.core.money import Money
from gateway.core.periods.period import MONTHS, Interval, IntervalUnit
from gateway.core.plans.plan import PlanVersion
from gateway.core.plans.price_models import FlatFee

Fees = Mapping[str, Money]
"""What subscriptions pay for a month, by id; those who pay nothing are left out."""

_MONTHS_OF: Mapping[IntervalUnit, int | Fraction] = {
    IntervalUnit.DAY: Fraction(12, 365),
    IntervalUnit.WEEK: Fraction(12, 52),
    **MONTHS,
}


@dataclass(frozen=True, slots=True)
class RecurringMonth:
    """Monthly recurring revenue of a month, and the revenue of usage beside it, which is none of it."""

    month: Annotated[str, "The month of the books."]
    currency: Annotated[str, "The currency; amounts of two currencies are never added."]
    opening: Annotated[Money, "What the fees came to at the end of the month before."]
    new: Annotated[Money, "The fees of subscriptions that paid none then."]
    expansion: Annotated[Money, "What subscriptions pay more than then."]
    contraction: Annotated[Money, "What subscriptions pay less than then; below zero."]
    churn: Annotated[Money, "The fees of subscriptions that pay none any more; below zero."]
    closing: Annotated[Money, "What the fees come to at the end of the month."]
    usage_revenue: Annotated[Money, "What was earned of metered prices in the month, by the books."]


def monthly_fee(plan: PlanVersion, interval: Interval) -> Money:
    """What the flat fees of a plan come to in a month, before discounts, rounded once, half-up.

    A year has 12 months, 52 weeks and 365 days.
    """
    fees = (Fraction(price.model.amount) for price in plan.prices if isinstance(price.model, FlatFee))
    return Money.rounded(sum(fees, Fraction(0)) / (_MONTHS_OF[interval.unit] * interval.count), plan.currency)


def recurring_by_month(
    months: Sequence[str], fees: Sequence[Fees], usage: Mapping[tuple[str, str], int]
) -> list[RecurringMonth]:
    """By currency and month. `fees` has one entry more than there are months: the first is that of the month before.

    `usage` is what was earned of usage by month and currency, in minor units. Currencies without any fee or usage in
    the time are left out.
    """
    currencies = {fee.currency for each in fees for fee in each.values()} | {currency for _, currency in usage}
    return [row for currency in sorted(currencies) for row in _rows(currency, months, fees, usage)]


def _rows(
    currency: str, months: Sequence[str], fees: Sequence[Fees], usage: Mapping[tuple[str, str], int]
) -> Iterator[RecurringMonth]:
    own = [{name: fee.amount_minor for name, fee in each.items() if fee.currency == currency} for each in fees]
    for month, (before, after) in zip(months, pairwise(own), strict=True):
        changes = [(before.get(name, 0), after.get(name, 0)) for name in {*before, *after}]
        amounts = (
            sum(before.values()),
            sum(new for old, new in changes if not old),
            sum(new - old for old, new in changes if old and new > old),
            sum(new - old for old, new in changes if new and new < old),
            -sum(old for old, new in changes if not new),
            sum(after.values()),
            usage.get((month, currency), 0),
        )
        yield RecurringMonth(month, currency, *(Money(amount, currency) for amount in amounts))
