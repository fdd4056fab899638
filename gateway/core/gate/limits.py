"""Limits of the settings on what usage may cost without anybody looking at it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from gateway.core.errors import InvalidValue
from gateway.core.gate.discrepancy import Discrepancy, DiscrepancyKind
from gateway.core.money import Money


@dataclass(frozen=True, slots=True)
class TotalLimit:
    """What usage may cost at most in a currency: on invoices of a legal entity, of a plan, or on all."""

    currency: str
    amount: Decimal
    legal_entity: str | None = None
    plan: str | None = None

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise InvalidValue(f"A limit is above 0; {self.amount} {self.currency} is not")

    def concerns(self, currency: str, legal_entity: str, plan: str) -> bool:
        """Whether it is about such an invoice."""
        return self.currency == currency and self.legal_entity in (None, legal_entity) and self.plan in (None, plan)


def total_holds(limits: Iterable[TotalLimit], usage: Money, legal_entity: str, plan: str) -> list[Discrepancy]:
    """The limits that usage is above."""
    broken = (each for each in limits if each.concerns(usage.currency, legal_entity, plan))
    return [_above(each, usage) for each in broken if usage.amount > each.amount]


def _above(limit: TotalLimit, usage: Money) -> Discrepancy:
    most = f"at most {limit.amount:f} {limit.currency}"
    of = " ".join(
        f"of {what} {name!r}" for what, name in (("plan", limit.plan), ("entity", limit.legal_entity)) if name
    )
    detail = f"usage costs {usage} {usage.currency}, and is to cost {most}{of and ' '}{of} unless somebody looks at it"
    return Discrepancy(DiscrepancyKind.TOTAL, "", (), most, f"{usage} {usage.currency}", detail)
