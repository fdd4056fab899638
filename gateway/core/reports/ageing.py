"""What customers owe, by how long it is overdue, and what they will be billed, by how long ago it was earned."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from gateway.core.money import Money

_UPPER_DAYS = (30, 60, 90)


@dataclass(frozen=True, slots=True)
class OwedItem:
    """What is open of one invoice on a customer's account, in minor units; below zero it is owed to the customer.

    Without a `due_on` it belongs to no invoice.
    """

    account: str
    currency: str
    due_on: date | None
    amount_minor: int


@dataclass(frozen=True, slots=True)
class EarnedItem:
    """What was earned on a day, or invoiced or taken back (below zero), of what `document` names, in minor units."""

    account: str
    document: str
    currency: str
    earned_on: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class AgedReceivables:
    """What a customer owes at the end of a day; the total is its account in the books."""

    customer: Annotated[str, "The customer."]
    currency: Annotated[str, "The currency; amounts of two currencies are never added."]
    not_due: Annotated[Money, "What is due on that day or later."]
    days_1_to_30: Annotated[Money, "What is up to 30 days overdue."]
    days_31_to_60: Annotated[Money, "What is 31 to 60 days overdue."]
    days_61_to_90: Annotated[Money, "What is 61 to 90 days overdue."]
    over_90_days: Annotated[Money, "What is longer overdue."]
    unapplied: Annotated[Money, "What is owed to the customer, or belongs to no invoice."]
    total: Annotated[Money, "What the customer owes in all."]


@dataclass(frozen=True, slots=True)
class AgedUnbilled:
    """What was earned from a customer and not invoiced by the end of a day; the total is its account in the books."""

    customer: Annotated[str, "The customer."]
    currency: Annotated[str, "The currency; amounts of two currencies are never added."]
    up_to_30_days: Annotated[Money, "What was earned in the last 30 days."]
    days_31_to_60: Annotated[Money, "What was earned 31 to 60 days ago."]
    days_61_to_90: Annotated[Money, "What was earned 61 to 90 days ago."]
    over_90_days: Annotated[Money, "What was earned before."]
    total: Annotated[Money, "What is not invoiced in all."]


def aged_receivables(as_of: date, items: Iterable[OwedItem]) -> list[AgedReceivables]:
    """What each customer owes, by currency and customer; those who owe nothing at all are left out."""
    amounts: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 6)
    for item in items:
        amounts[item.currency, _customer(item.account)][_owed_column(as_of, item)] += item.amount_minor
    return [
        AgedReceivables(customer, currency, *_money(found, currency))
        for (currency, customer), found in sorted(amounts.items())
        if any(found)
    ]


def aged_unbilled(as_of: date, items: Iterable[EarnedItem]) -> list[AgedUnbilled]:
    """What is not invoiced of each customer, by currency and customer. What is invoiced of a period is the oldest."""
    of_document: defaultdict[tuple[str, str, str], list[EarnedItem]] = defaultdict(list)
    for item in items:
        of_document[item.currency, item.account, item.document].append(item)
    amounts: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 4)
    for (currency, account, _), found in of_document.items():
        for on, amount in _left(sorted(found, key=lambda item: item.earned_on)):
            amounts[currency, _customer(account)][_late_column((as_of - on).days)] += amount
    return [
        AgedUnbilled(customer, currency, *_money(found, currency))
        for (currency, customer), found in sorted(amounts.items())
        if any(found)
    ]


def _left(items: Sequence[EarnedItem]) -> Iterator[tuple[date, int]]:
    """What is left of what was earned, with its days: what takes off takes off the oldest."""
    taken = -sum(item.amount_minor for item in items if item.amount_minor < 0)
    for item in items:
        if item.amount_minor > 0:
            used = min(taken, item.amount_minor)
            taken -= used
            yield item.earned_on, item.amount_minor - used
    if taken:
        yield items[-1].earned_on, -taken


def _owed_column(as_of: date, item: OwedItem) -> int:
    if item.due_on is None or item.amount_minor < 0:
        return 5
    late = (as_of - item.due_on).days
    return 0 if late <= 0 else 1 + _late_column(late)


def _late_column(days: int) -> int:
    return sum(days > upper for upper in _UPPER_DAYS)


def _customer(account: str) -> str:
    return account.partition(":")[2]


def _money(amounts: Sequence[int], currency: str) -> Iterator[Money]:
    return (Money(amount, currency) for amount in (*amounts, sum(amounts)))
