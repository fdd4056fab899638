"""Recognised revenue by whom or what it was earned with."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Annotated

from gateway.core.money import Money


class RevenueSplit(StrEnum):
    """What revenue is told by."""

    CUSTOMER = "customer"
    PLAN = "plan"
    PRICE = "price"
    METER = "meter"
    DIMENSION = "dimension"


@dataclass(frozen=True, slots=True)
class EarnedPart:
    """What was earned in a month of one customer with one price and one combination of dimensions.

    `customer` and `plan` are empty, and `plan_version` is 0, where the books name no invoice and no subscription.
    """

    month: str
    currency: str
    customer: str
    plan: str
    plan_version: int
    price: str
    dimensions: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class SplitRevenue:
    """Revenue of a month by one of the splits."""

    month: Annotated[str, "The month of the books."]
    currency: Annotated[str, "The currency; amounts of two currencies are never added."]
    of: Annotated[str, "The key of the customer, plan, price or meter, or price/values; empty where there is none."]
    revenue: Annotated[Money, "What was earned, before anything was given back."]
    customers: Annotated[int, "How many customers it was earned from."]
    per_customer: Annotated[Money | None, "What that is for each of them, on average; empty without any."]


Meters = Mapping[tuple[str, int, str], str]
"""Meters by plan, version and price."""


def split_revenue(parts: Iterable[EarnedPart], by: RevenueSplit, meters: Meters) -> list[SplitRevenue]:
    """By currency, month and key; averages are rounded once, half-up. Where nothing was earned in all is no row."""
    found: defaultdict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    for part in parts:
        customers = found[part.currency, part.month, _key(part, by, meters)]
        customers[part.customer] = customers.get(part.customer, 0) + part.amount_minor
    rows = (_row(*place, customers) for place, customers in sorted(found.items()))
    return [row for row in rows if row.revenue.amount_minor or row.customers]


def _key(part: EarnedPart, by: RevenueSplit, meters: Meters) -> str:
    match by:
        case RevenueSplit.CUSTOMER:
            return part.customer
        case RevenueSplit.PLAN:
            return part.plan
        case RevenueSplit.PRICE:
            return part.price
        case RevenueSplit.METER:
            return meters.get((part.plan, part.plan_version, part.price), "")
        case RevenueSplit.DIMENSION:
            return f"{part.price}/{part.dimensions}" if part.dimensions else ""


def _row(currency: str, month: str, key: str, customers: Mapping[str, int]) -> SplitRevenue:
    revenue = Money(sum(customers.values()), currency)
    count = sum(1 for customer, amount in customers.items() if customer and amount)
    average = Money.rounded(Fraction(revenue.amount) / count, currency) if count else None
    return SplitRevenue(month, currency, key, revenue, count, average)
