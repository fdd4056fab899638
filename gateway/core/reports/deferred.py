"""Deferred revenue by month: what was billed before it was earned, and what became of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from gateway.core.money import Money
from gateway.core.reports.flows import BILLED, BookedFlow, touching
from gateway.core.revenue.accounts import Account


@dataclass(frozen=True, slots=True)
class DeferredMonth:
    """Deferred revenue in a month: opening + billed - recognised - released = closing, as the trial balance has it."""

    month: Annotated[str, "The month of the books."]
    currency: Annotated[str, "The currency; amounts of two currencies are never added."]
    opening: Annotated[Money, "What was deferred before the month."]
    billed: Annotated[Money, "What invoices of the month deferred: billed and not earned yet."]
    recognised: Annotated[Money, "What of it was earned, and became revenue."]
    released: Annotated[Money, "What credit notes, voids and write-offs took back of it, so that it is never earned."]
    closing: Annotated[Money, "What is deferred at the end of the month."]


def deferred_by_month(
    months: Sequence[str], opening: Mapping[str, int], flows: Iterable[BookedFlow]
) -> list[DeferredMonth]:
    """Deferred revenue by currency and month, from what was deferred before the first of them in minor units.

    Months before anything was deferred are left out. A contract liability: ASC 606-10-45-2, IFRS 15.106; what changed
    it in a period is to be explained by ASC 606-10-50-8, IFRS 15.116.
    """
    moved: Counter[tuple[str, str, str]] = Counter()
    for touch in touching(flows, Account.DEFERRED_REVENUE):
        column = _column(touch.counterpart, touch.reason)
        moved[touch.currency, touch.month, column] += touch.credited_minor
    currencies = {currency for currency, left in opening.items() if left} | {currency for currency, *_ in moved}
    return [row for currency in sorted(currencies) for row in _rows(currency, months, opening.get(currency, 0), moved)]


def _column(counterpart: str, reason: str) -> str:
    if counterpart == Account.REVENUE:
        return "recognised"
    return "billed" if reason == BILLED else "released"


def _rows(
    currency: str, months: Sequence[str], opening: int, moved: Mapping[tuple[str, str, str], int]
) -> Iterator[DeferredMonth]:
    before = opening
    has_begun = bool(opening)
    for month in months:
        billed, recognised, released = (
            moved.get((currency, month, column), 0) for column in ("billed", "recognised", "released")
        )
        has_begun = has_begun or bool(billed or recognised or released)
        if has_begun:
            after = before + billed + recognised + released
            amounts = (before, billed, -recognised, -released, after)
            yield DeferredMonth(month, currency, *(Money(amount, currency) for amount in amounts))
            before = after
