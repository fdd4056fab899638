"""Thresholds on all usage ever: they bill early in the period that reaches them, and never again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from gateway.core.invoicing.invoice import InvoiceLine
from gateway.core.invoicing.thresholds import ProgressiveBill, progressive_bills
from gateway.core.invoicing.totals import stated_line
from gateway.core.money import Money
from gateway.core.numbers import exact
from gateway.core.periods.period import BillingPeriod
from gateway.core.plans.invoice_thresholds import LifetimeThresholds


@dataclass(frozen=True, slots=True)
class ProgressivePeriod:
    """A period with what was billed of its usage before its end; the last invoice shows all, and credits that."""

    lifetime_before: Money
    usage: Money
    bills: tuple[ProgressiveBill, ...]

    @property
    def lifetime(self) -> Money:
        """All usage up to its end."""
        return self.lifetime_before + self.usage

    @property
    def billed(self) -> Money:
        """What was billed early."""
        return sum((_total(bill.lines, self.usage.currency) for bill in self.bills), Money.zero(self.usage.currency))

    def billed_at(self, instant: datetime) -> Money | None:
        """What a bill at an instant comes to; None if there was none."""
        found = {bill.at: _total(bill.lines, self.usage.currency) for bill in self.bills}
        return found.get(instant)

    def fees(self, base_fee: Money) -> Money:
        """The base fee and all usage of the period."""
        return base_fee + self.usage

    def total(self, base_fee: Money) -> Money:
        """What is left to bill at the end."""
        return self.fees(base_fee) - self.billed


def bill_progressively(
    thresholds: LifetimeThresholds,
    lifetime_before: Money,
    rated: Sequence[tuple[datetime, Sequence[InvoiceLine]]],
) -> ProgressivePeriod:
    """A period whose usage so far was `rated` at each instant, in order, after `lifetime_before` of earlier periods."""
    whole = _total(rated[-1][1] if rated else (), lifetime_before.currency)
    reached = thresholds.up_to((lifetime_before + whole).amount)
    from_here = [_less(threshold, lifetime_before) for threshold in reached]
    return ProgressivePeriod(lifetime_before, whole, progressive_bills(from_here, rated))


@exact
def stated_so_far(
    price: str, usage: Iterable[tuple[datetime, Decimal]], currency: str, period: BillingPeriod
) -> tuple[tuple[datetime, tuple[InvoiceLine, ...]], ...]:
    """Usage that is known as the amounts it adds at instants, as `bill_progressively` reads it."""
    found: list[tuple[datetime, tuple[InvoiceLine, ...]]] = []
    so_far = Decimal(0)
    for at, amount in usage:
        so_far += amount
        found.append((at, (stated_line(price, price, so_far, currency, period),)))
    return tuple(found)


def _total(lines: Sequence[InvoiceLine], currency: str) -> Money:
    return sum((line.amount for line in lines), Money.zero(currency))


@exact
def _less(threshold: Decimal, lifetime_before: Money) -> Decimal:
    return threshold - lifetime_before.amount
