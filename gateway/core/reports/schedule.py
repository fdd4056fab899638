"""When deferred revenue will be earned: by month, from the schedules of the documents that deferred it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

from gateway.core.books.months import month_of
from gateway.core.money import Money
from gateway.core.revenue.accounts import Account
from gateway.core.revenue.document import RevenueDocument
from gateway.core.revenue.facts import Fact, Reduced
from gateway.core.revenue.months import month_ends


@dataclass(frozen=True, slots=True)
class ScheduledMonth:
    """What of deferred revenue is earned in a month to come; all months sum to what the trial balance has deferred."""

    month: Annotated[
        str, "The month in which it is earned; the first is that of the report, with what is to be posted yet."
    ]
    currency: Annotated[str, "The currency; amounts of two currencies are never added."]
    earned: Annotated[Money, "What of today's deferred revenue is earned in the month."]
    left: Annotated[Money, "What is still deferred at its end."]


@dataclass(frozen=True, slots=True)
class DeferringDocument:
    """A document with `deferred_minor` in the books, of which nothing is earned any more after `last_day`."""

    currency: str
    deferred_minor: int
    document: RevenueDocument
    last_day: date


def scheduled_by_month(as_of: date, deferring: Iterable[DeferringDocument]) -> list[ScheduledMonth]:
    """When what is deferred at the end of the day `as_of` will be earned, as far as was known then.

    The remaining performance obligations of what is billed: ASC 606-10-50-13, IFRS 15.120.
    """
    earned: Counter[tuple[str, str]] = Counter()
    for each in deferring:
        for month, amount in _earned(as_of, each):
            earned[each.currency, month] += amount
    currencies = sorted({currency for currency, _ in earned})
    return [row for currency in currencies for row in _rows(currency, earned)]


def _earned(as_of: date, deferring: DeferringDocument) -> Iterator[tuple[str, int]]:
    document = replace(deferring.document, facts=tuple(_known(deferring.document.facts, as_of)))
    left = deferring.deferred_minor
    for end in month_ends(as_of, max(as_of, deferring.last_day)):
        after = _deferred(document, end)
        yield month_of(end), left - after
        left = after
    assert not left, "nothing is deferred after the last day of service"


def _known(facts: Iterable[Fact], as_of: date) -> Iterator[Fact]:
    """The facts as they were known by the end of a day."""
    for fact in facts:
        if fact.on <= as_of:
            yield replace(fact, withdrawn_on=None) if isinstance(fact, Reduced) and _is_later(fact, as_of) else fact


def _is_later(reduced: Reduced, as_of: date) -> bool:
    return reduced.withdrawn_on is not None and reduced.withdrawn_on > as_of


def _deferred(document: RevenueDocument, through: date) -> int:
    flows = document.flows(through).amounts().items()
    of = Account.DEFERRED_REVENUE
    return sum(amount * ((flow.credit is of) - (flow.debit is of)) for flow, amount in flows)


def _rows(currency: str, earned: Mapping[tuple[str, str], int]) -> Iterator[ScheduledMonth]:
    amounts = {month: amount for (of, month), amount in sorted(earned.items()) if of == currency}
    left = sum(amounts.values())
    for month, amount in amounts.items():
        left -= amount
        if amount:
            yield ScheduledMonth(month, currency, Money(amount, currency), Money(left, currency))
