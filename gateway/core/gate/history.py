"""What a period's usage costs against what the periods before it cost: far from all of them is an anomaly."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from gateway.core.errors import InvalidValue
from gateway.core.gate.discrepancy import Discrepancy, DiscrepancyKind
from gateway.core.money import Money
from gateway.core.periods.period import BillingPeriod
from gateway.core.time import MICROSECOND

periods_looked_at_max = 6


@dataclass(frozen=True, slots=True)
class HistoryRules:
    """When usage is an anomaly: it costs `factor` times what the dearest of the periods before cost, or less than that
    part of the cheapest, and by at least `floor` in the currency's unit. Of fewer than `periods_min` nothing is said.
    """

    factor: Decimal = Decimal(5)
    floor: Decimal = Decimal(100)
    periods_min: int = 3

    def __post_init__(self) -> None:
        if self.factor <= 1 or self.floor < 0:
            raise InvalidValue(f"A factor is above 1 and a floor 0 or more; {self.factor} and {self.floor} are not")
        if not 1 <= self.periods_min <= periods_looked_at_max:
            raise InvalidValue(f"{self.periods_min} periods are not 1 to {periods_looked_at_max}")


@dataclass(frozen=True, slots=True)
class UsageBilled:
    """What the usage of one period came to, before discounts and taxes."""

    period: BillingPeriod
    amount: Money


def anomalies(rules: HistoryRules, now: UsageBilled, before: Sequence[UsageBilled]) -> list[Discrepancy]:
    """The anomaly of a period, if it is one; shorter and longer periods are compared by the time they take."""
    known = [each for each in before if each.amount.currency == now.amount.currency]
    if len(known) < rules.periods_min:
        return []
    usual = [_as_long_as(now.period, each) for each in known]
    amount, floor = Fraction(now.amount.amount), Fraction(rules.floor)
    is_dear = amount > max(usual) * Fraction(rules.factor) and amount - max(usual) >= floor
    is_cheap = amount * Fraction(rules.factor) < min(usual) and min(usual) - amount >= floor
    return [_anomaly(now, usual)] if is_dear or is_cheap else []


def _as_long_as(period: BillingPeriod, billed: UsageBilled) -> Fraction:
    """What a period of the same length would have cost at the same pace."""
    return Fraction(billed.amount.amount) * (period.length // MICROSECOND) / (billed.period.length // MICROSECOND)


def _anomaly(now: UsageBilled, usual: Sequence[Fraction]) -> Discrepancy:
    currency = now.amount.currency
    low, high = (Money.rounded(each, currency) for each in (min(usual), max(usual)))
    expected = f"{low} to {high} {currency}"
    detail = f"usage costs {now.amount} {currency}; by the {len(usual)} periods before it was to cost {expected}"
    return Discrepancy(DiscrepancyKind.ANOMALY, "", (), expected, f"{now.amount} {currency}", detail)
