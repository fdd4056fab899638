"""Periods that still run: what was delivered in them by the end of a month is earned, and not yet invoiced."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from gateway.core.invoicing.discounts import Discount, Fixed, Percent
from gateway.core.invoicing.invoice import InvoiceLine
from gateway.core.money import Money
from gateway.core.revenue.account_names import AccountDetails
from gateway.core.revenue.accounts import Account
from gateway.core.revenue.postings import Amounts, Route
from gateway.core.time import instant_text


def discounts_so_far(discounts: Iterable[Discount], passed: Fraction) -> tuple[Discount, ...]:
    """The discounts of a period of which so much is over: of fixed amounts that part, half-up to the minor unit.

    A percentage is the same of every part. So an amount comes off evenly over the period, and at most what there is.
    """
    return tuple(part for each in discounts if (part := _so_far(each, passed)) is not None)


def _so_far(discount: Discount, passed: Fraction) -> Discount | None:
    if isinstance(discount.value, Percent):
        return discount
    value = discount.value
    part = Money.rounded(Fraction(value.amount) * passed, value.currency)
    return replace(discount, value=Fixed(part.amount, value.currency)) if part.amount_minor else None


@dataclass(frozen=True, slots=True)
class RunningPeriod:
    """The period of a subscription that begins at `start`, in the books."""

    subscription_id: str
    start: datetime
    customer: str

    @property
    def prefix(self) -> str:
        """What its transfers stem from begins so."""
        return f"running:{self.subscription_id}@{instant_text(self.start)}/"

    def target(self, earned: Iterable[tuple[InvoiceLine, int]]) -> Amounts:
        """What has moved where so much of lines is earned, in minor units, and none of it is invoiced."""
        amounts: Counter[Route] = Counter()
        for line, amount in earned:
            details = AccountDetails(self.customer, line.price)
            source = self.prefix + "/".join([line.price, *(value for _, value in line.dimensions)])
            accounts = details.name(Account.UNBILLED_RECEIVABLES), details.name(Account.REVENUE)
            amounts[Route(source, *accounts)] += amount
        return amounts
