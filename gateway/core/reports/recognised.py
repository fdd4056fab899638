"""Recognised revenue by month: where it came from, and what was given back of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from gateway.core.books.chart import CHART, AccountClass
from gateway.core.money import Money
from gateway.core.reports.flows import BookedFlow, touching
from gateway.core.revenue.accounts import Account

GIVEN_BACK = tuple(kind for kind, each in CHART.items() if each.account_class is AccountClass.CONTRA_INCOME)
"""The kinds of account that stand against revenue."""


@dataclass(frozen=True, slots=True)
class RecognisedMonth:
    """Revenue of a month; revenue and what was given back are those of the trial balance."""

    month: Annotated[str, "The month of the books."]
    currency: Annotated[str, "The currency; amounts of two currencies are never added."]
    from_deferred: Annotated[Money, "Earned of what was billed before."]
    unbilled: Annotated[Money, "Earned by delivering, and not invoiced at the time."]
    on_invoice: Annotated[Money, "Earned and invoiced on the same day."]
    revenue: Annotated[Money, "What was earned in all."]
    given_back: Annotated[Money, "Earned revenue that credit notes, voids, refunds and chargebacks took back."]
    net_revenue: Annotated[Money, "What was earned less what was given back."]


def recognised_by_month(flows: Iterable[BookedFlow]) -> list[RecognisedMonth]:
    """Revenue by currency and month, of the months in which any moved. ASC 606-10-50-8(b), IFRS 15.116(b)."""
    every = list(flows)
    earned: Counter[tuple[str, str, str]] = Counter()
    given_back: Counter[tuple[str, str]] = Counter()
    for touch in touching(every, Account.REVENUE):
        earned[touch.currency, touch.month, _source(touch.counterpart)] += touch.credited_minor
    for kind in GIVEN_BACK:
        for touch in touching(every, kind):
            given_back[touch.currency, touch.month] -= touch.credited_minor
    places = {place[:2] for place in earned} | set(given_back)
    return [_row(*place, earned, given_back[place]) for place in sorted(places)]


def _source(counterpart: str) -> str:
    if counterpart == Account.DEFERRED_REVENUE:
        return "from_deferred"
    return "unbilled" if counterpart == Account.UNBILLED_RECEIVABLES else "on_invoice"


def _row(currency: str, month: str, earned: Counter[tuple[str, str, str]], given_back: int) -> RecognisedMonth:
    parts = [earned[currency, month, source] for source in ("from_deferred", "unbilled", "on_invoice")]
    amounts = (*parts, sum(parts), given_back, sum(parts) - given_back)
    return RecognisedMonth(month, currency, *(Money(amount, currency) for amount in amounts))
