"""Forecast: what a running period will come to if it goes on as it went so far."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from gateway.core.invoices import MeteredQuantity
from gateway.core.numbers import quantity_places, round_half_up
from gateway.core.periods import BillingPeriod


def projected(
    quantities: Sequence[MeteredQuantity], period: BillingPeriod, as_of: datetime
) -> tuple[MeteredQuantity, ...]:
    """The quantities at the end of `period` on a straight line through now; unchanged before it begins and after."""
    elapsed = min(as_of, period.end) - period.start
    if elapsed <= timedelta(0):
        return tuple(quantities)
    growth = Fraction(period.length // timedelta(microseconds=1), elapsed // timedelta(microseconds=1))
    return tuple(replace(item, quantity=_scaled(item.quantity, growth)) for item in quantities)


def _scaled(quantity: Decimal, growth: Fraction) -> Decimal:
    places = 0 if quantity == quantity.to_integral_value() else quantity_places
    return round_half_up(Fraction(quantity) * growth, places)
