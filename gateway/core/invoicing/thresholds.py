"""Progressive invoices: usage billed before its period ends, as soon as it reaches a threshold."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import accumulate, pairwise

from gateway.core.invoicing.invoice import BILLED_BEFORE, InvoiceLine
from gateway.core.metering.meter import Dimensions
from gateway.core.money import Money
from gateway.core.numbers import EXACT, exact, plain
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


def billed_so_far(lines: Iterable[InvoiceLine]) -> tuple[InvoiceLine, ...]:
    """What the lines of earlier invoices billed of each usage in all, as the newest line of it would have said."""
    newest: dict[tuple[str, Dimensions], InvoiceLine] = {}
    totals: Counter[tuple[str, Dimensions]] = Counter()
    for line in lines:
        usage = line.price, line.dimensions
        totals[usage] += line.amount.amount_minor
        if not line.is_billed_before:
            newest[usage] = line
    billed = ((line, totals[usage]) for usage, line in newest.items())
    return tuple(replace(line, amount=Money(total, line.amount.currency)) for line, total in billed if total)


@exact
def prices_due(
    plan: PlanVersion,
    rated: Iterable[InvoiceLine],
    billed: Iterable[InvoiceLine],
    lifetime_before: Decimal = Decimal(0),
) -> frozenset[str]:
    """The prices to bill before the end of a period whose usage so far was `rated`, of which some was `billed`.

    Usage in advance is due as soon as there is more of it. Usage in arrears is due where all of it together reaches a
    threshold that what was billed of it had not. `lifetime_before` is what earlier periods had of that.
    """
    after, before = _by_price(rated), _by_price(billed)
    at_once = {price.key for price in plan.prices if price.is_billed_at_once}
    changed = {key for key in after | before if after[key] != before[key]}
    due = {key for key in at_once if after[key] > before[key]}
    late = changed - at_once
    more = sum((after[key] - before[key] for key in late), Decimal(0))
    billed_late = sum((amount for key, amount in before.items() if key not in at_once), Decimal(0))
    thresholds = plan.invoice_thresholds
    if thresholds is not None and thresholds.are_reached(billed_late, billed_late + more, lifetime_before):
        due |= late
    return frozenset(due)


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


def _by_price(lines: Iterable[InvoiceLine]) -> defaultdict[str, Decimal]:
    amounts: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        amounts[line.price] += line.amount.amount
    return amounts


def _taken_off(line: InvoiceLine) -> InvoiceLine:
    amount = Money.zero(line.amount.currency) - line.amount
    return replace(
        line,
        description=f"{line.description}, {BILLED_BEFORE}",
        amount=amount,
        exact_amount=plain(amount.amount),
        steps=(RatingStep(BILLED_BEFORE, Decimal(1), amount.amount, Decimal(0), amount.amount),),
        discounts=(),
        taxes=(),
    )
