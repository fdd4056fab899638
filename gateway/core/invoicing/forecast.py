"""Forecast: what a running period will come to if it goes on as it went so far."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from gateway.core.invoicing.invoice import MeteredQuantity
from gateway.core.metering.meter import Aggregation, Meter
from gateway.core.numbers import quantity_places, round_half_up
from gateway.core.periods.period import BillingPeriod

_GROWING = frozenset({Aggregation.COUNT, Aggregation.SUM, Aggregation.UNIQUE_COUNT})


def projected(
    quantities: Sequence[MeteredQuantity], period: BillingPeriod, as_of: datetime, meters: Mapping[str, Meter]
) -> tuple[MeteredQuantity, ...]:
    """The quantities at the end of `period` on a straight line through now; unchanged before it begins and after.

    So is what does not grow with time: a maximum, an average, what was carried on from before.
    """
    elapsed = min(as_of, period.end) - period.start
    if elapsed <= timedelta(0):
        return tuple(quantities)
    growth = Fraction(period.length // timedelta(microseconds=1), elapsed // timedelta(microseconds=1))
    return tuple(
        replace(item, quantity=_scaled(item.quantity, growth)) if _grows(item, meters) else item for item in quantities
    )


def _grows(item: MeteredQuantity, meters: Mapping[str, Meter]) -> bool:
    version = meters[item.meter].versions[item.version - 1]
    is_share_of_time = version.prorated_by_day or version.aggregation is Aggregation.WEIGHTED_SUM
    return is_share_of_time or (version.aggregation in _GROWING and not version.carries)


def _scaled(quantity: Decimal, growth: Fraction) -> Decimal:
    places = 0 if quantity == quantity.to_integral_value() else quantity_places
    return round_half_up(Fraction(quantity) * growth, places)
