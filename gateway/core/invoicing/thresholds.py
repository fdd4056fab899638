"""Progressive invoices: usage billed before its period ends, as soon as it reaches a threshold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import accumulate, pairwise

from gateway.core.invoicing.invoice import InvoiceLine
from gateway.core.money import Money
from gateway.core.numbers import EXACT, plain
from gateway.core.plans.plan import PlanVersion, PriceModel
from gateway.core.rating.many import amounts_of
from gateway.core.rating.rate import RatingStep


@dataclass(frozen=True, slots=True)
class ProgressiveBill:
    """What a threshold bills at an instant: all usage so far as `rated`, in `lines` less what was billed of it before.

    An invoice over the lines taxes the difference, and the lines say how it came about.
    """

    at: datetime
    reached: tuple[Decimal, ...]
    rated: tuple[InvoiceLine, ...]
    lines: tuple[InvoiceLine, ...]


def reached(thresholds: Iterable[Decimal], before: Decimal, after: Decimal) -> tuple[Decimal, ...]:
    """The thresholds that an amount reaches on its way up; to reach one exactly is enough."""
    return tuple(sorted(threshold for threshold in thresholds if before < threshold <= after))


def progressive_bills(
    thresholds: Sequence[Decimal], rated: Iterable[tuple[datetime, Sequence[InvoiceLine]]]
) -> tuple[ProgressiveBill, ...]:
    """The bills of one period, whose usage so far was `rated` at each instant, in order; each threshold bills once."""
    bills: list[ProgressiveBill] = []
    before = Decimal(0)
    for at, lines in rated:
        after = sum((line.amount.amount for line in lines), Decimal(0))
        if crossed := reached(thresholds, before, after):
            billed = bills[-1].rated if bills else ()
            bills.append(ProgressiveBill(at, crossed, tuple(lines), less_billed(lines, billed)))
        before = max(before, after)
    return tuple(bills)


def billed_in_between(plan: PlanVersion, lines: Iterable[InvoiceLine]) -> tuple[InvoiceLine, ...]:
    """The lines of usage that may be billed before the period ends: not where more usage can cost less."""
    prices = {price.key for price in plan.prices if price.may_be_billed_early}
    return tuple(line for line in lines if line.price in prices)


def less_billed(lines: Sequence[InvoiceLine], billed: Iterable[InvoiceLine]) -> tuple[InvoiceLine, ...]:
    """Lines of all usage so far, and one for each that was `billed` of it before, which takes that off again."""
    return (*lines, *(_taken_off(line) for line in billed if line.amount.amount_minor))


def unbilled(rated: Money, billed: Money) -> Money:
    """What is left to bill of all usage so far, which was rated as a whole; below zero where too much was billed."""
    return rated - billed


def amounts_per_event(model: PriceModel, quantities: Iterable[Decimal], currency: str) -> tuple[Money, ...]:
    """What each event adds, in order, where every one is billed at once: all so far are rated, less what was billed."""
    counted = list(accumulate(quantities, EXACT.add))
    rated = [Money.rounded(amount, currency) for amount in amounts_of(model, counted)]
    return tuple(unbilled(later, earlier) for earlier, later in pairwise([Money.zero(currency), *rated]))


def _taken_off(line: InvoiceLine) -> InvoiceLine:
    amount = Money.zero(line.amount.currency) - line.amount
    return replace(
        line,
        description=f"{line.description}, billed before",
        amount=amount,
        exact_amount=plain(amount.amount),
        steps=(RatingStep("billed before", Decimal(1), amount.amount, Decimal(0), amount.amount),),
        discounts=(),
        taxes=(),
    )
