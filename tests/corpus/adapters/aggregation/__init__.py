"""Events and what a meter makes of them."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from gateway.core.metering.levels import level_time
from gateway.core.metering.meter import TimeUnit
from gateway.core.metering.quantities import RoundingMode, UnitRounding, billed_quantity
from gateway.core.plans.plan import Graduated, PriceModel, Tier
from gateway.core.rating.rate import rate
from gateway.core.rating.running_totals import running_totals
from tests.corpus.adapters.aggregation.metered import metered
from tests.corpus.adapters.aggregation.reading import UTC_ZONE, read_events, read_period
from tests.corpus.adapters.aggregation.windowed import peak
from tests.corpus.given import Given


def answer(given: Given) -> Mapping[str, object]:
    """What the core makes of the events."""
    aggregation = given.take("aggregation")
    special = _SPECIAL.get(aggregation)
    if special is not None:
        return special(given)
    found = peak(given) if given.has("window_sums_from") else metered(aggregation, given)
    return {**found, **_priced(given.part("price"), Decimal(str(found.get("value", 0))))}


def _rounded_units(given: Given) -> Mapping[str, object]:
    rounding = UnitRounding(RoundingMode(given.take("rounding")), int(given.take("places", 0)))
    return {"units": rounding.apply(given.number("units"))}


def _hours_to_days(given: Given) -> Mapping[str, object]:
    levels = [(level.number("level"), timedelta(hours=level.take("hours"))) for level in given.parts("levels")]
    return {"unit_hours": level_time(levels, TimeUnit.HOUR), **_held(given, levels, TimeUnit.DAY)}


def _minutes_to_hours(given: Given) -> Mapping[str, object]:
    levels = [(level.number("level"), timedelta(minutes=level.take("minutes"))) for level in given.parts("levels")]
    return {"unit_minutes": level_time(levels, TimeUnit.MINUTE), **_held(given, levels, TimeUnit.HOUR)}


def _held(given: Given, levels: list[tuple[Decimal, timedelta]], unit: TimeUnit) -> Mapping[str, object]:
    quantity = billed_quantity(level_time(levels, unit))
    return {"value": quantity, **_priced(given.part("price"), quantity)}


def _running_total(given: Given) -> Mapping[str, object]:
    events = read_events(given, "value")
    period = read_period(given, [event.occurred_at for event in events], None, UTC_ZONE)
    values = [Decimal(str(event.properties["value"])) for event in events if event.occurred_at in period]
    return {"running_total": running_totals(values, given.take("free_events"), given.decimal("free_amount"))}


_SPECIAL = {
    "rounding_of_units": _rounded_units,
    "level_hours_to_days": _hours_to_days,
    "level_minutes_to_hours": _minutes_to_hours,
    "running_total": _running_total,
}
_PRICES = (("free_units", "unit_amount"), ("free_days", "amount_per_day"), ("free_hours", "amount_per_hour"))


def _priced(price: Given, quantity: Decimal) -> Mapping[str, object]:
    """What the quantity costs, where there is a price: what is free comes first."""
    for free, amount in _PRICES:
        if price.has(amount):
            return {"amount": rate(_model(price.number(free), price.number(amount)), quantity).amount}
    return {}


def _model(free: Decimal, unit_amount: Decimal) -> PriceModel:
    tiers = (Tier(free, Decimal(0)), Tier(None, unit_amount)) if free else (Tier(None, unit_amount),)
    return Graduated(tiers)
