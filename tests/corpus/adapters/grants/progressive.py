"""Invoices in between, by thresholds on lifetime usage."""

from collections.abc import Mapping
from decimal import Decimal

from gateway.core.invoicing.lifetime_thresholds import bill_progressively, stated_so_far
from gateway.core.money import Money
from gateway.core.plans.invoice_thresholds import LifetimeThresholds
from tests.corpus.adapters.grants.reading import MONTH, nth
from tests.corpus.given import Given


def billed(given: Given) -> Mapping[str, object]:
    """What each event of each month bills at once, and what is left at the end of the month."""
    currency = given.take("currency")
    # Usage is given as the money that it comes to.
    given.take("unit_price")
    base_fee = Money.rounded(given.number("base_fee"), currency)
    once = tuple(Decimal(amount) for amount in given.take("thresholds_on_lifetime_usage"))
    thresholds = LifetimeThresholds(once, given.decimal("recurring_step"))
    lifetime, months = Money.zero(currency), []
    for amounts in given.take("usage_amounts_per_month"):
        usage = [(nth(ordinal), Decimal(amount)) for ordinal, amount in enumerate(amounts, start=1)]
        period = bill_progressively(thresholds, lifetime, stated_so_far("usage", usage, currency, MONTH))
        lifetime = period.lifetime
        months.append(
            {
                "after_each_event": [_amount(period.billed_at(at)) for at, _ in usage],
                "end_of_period": {
                    "fees": period.fees(base_fee).amount,
                    "progressive_credit": period.billed.amount,
                    "total": period.total(base_fee).amount,
                },
            }
        )
    return {"months": months}


def _amount(billed: Money | None) -> Decimal | None:
    return billed and billed.amount
