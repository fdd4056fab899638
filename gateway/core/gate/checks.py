"""What holds an invoice although both counts agree: events that could not be counted, quantities beyond a bound."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

from gateway.core.gate.discrepancy import Discrepancy, DiscrepancyKind
from gateway.core.invoicing.drafting import unpriced
from gateway.core.invoicing.invoice import MeteredQuantity
from gateway.core.metering.meter import Dimensions, Meter, UncountableRule
from gateway.core.metering.recount import Recount
from gateway.core.numbers import EXACT, plain
from gateway.core.plans.plan import PlanVersion


def uncountable_holds(counted: Recount, meters: Mapping[str, Meter]) -> list[Discrepancy]:
    """Events that a meter could not count and whose rule is to hold, one discrepancy per meter and reason."""
    grouped: dict[tuple[str, str], list[int]] = {}
    for item in counted.uncountable:
        version = next(v for v in meters[item.meter].versions if v.version == item.version)
        if version.rule_for(item.reason) is UncountableRule.HOLD:
            grouped.setdefault((item.meter, item.reason), []).append(item.position)
    return [_uncountable(meter, reason, positions) for (meter, reason), positions in sorted(grouped.items())]


def dimension_holds(counted: Recount, meters: Mapping[str, Meter]) -> list[Discrepancy]:
    """Meters that found more combinations of dimension values than their definition expects, one discrepancy each."""
    found = Counter((key.meter, key.version) for key in counted.counts)
    return [
        _too_many(meter, most, count)
        for (meter, version), count in sorted(found.items())
        if count > (most := meters[meter].versions[version - 1].dimension_values_max)
    ]


def unpriced_holds(plan: PlanVersion, quantities: Sequence[MeteredQuantity]) -> list[Discrepancy]:
    """Quantities that no price of the plan has an amount for, one discrepancy per meter and dimension values."""
    found: dict[tuple[str, Dimensions], Decimal] = {}
    for item in unpriced(plan, quantities):
        key = (item.meter, item.dimensions)
        found[key] = EXACT.add(found.get(key, Decimal(0)), item.quantity)
    return [_unpriced(meter, dimensions, quantity) for (meter, dimensions), quantity in sorted(found.items())]


def bound_holds(quantities: Sequence[MeteredQuantity], meters: Mapping[str, Meter]) -> list[Discrepancy]:
    """Quantities below 0, or above what their meter allows a period to have; a meter that says nothing allows any."""
    return [
        _beyond(item, bound)
        for item in quantities
        if (bound := _broken_bound(item, meters[item.meter].versions[item.version - 1].quantity_max))
    ]


def _broken_bound(item: MeteredQuantity, most: Decimal | None) -> str | None:
    if most is None or 0 <= item.quantity <= most:
        return None
    return "at least 0" if item.quantity < 0 else f"at most {plain(most)}"


def _beyond(item: MeteredQuantity, bound: str) -> Discrepancy:
    detail = f"the quantity is to be {bound}; look at the events behind it, or correct the meter's `quantity_max`"
    return Discrepancy(DiscrepancyKind.BOUND, item.meter, item.dimensions, bound, plain(item.quantity), detail)


def _too_many(meter: str, most: int, count: int) -> Discrepancy:
    detail = (
        f"{count} combinations of dimension values are more than {most}; look for a property that is not a category"
    )
    return Discrepancy(DiscrepancyKind.DIMENSION_VALUES, meter, (), f"at most {most}", str(count), detail)


def _unpriced(meter: str, dimensions: Dimensions, quantity: Decimal) -> Discrepancy:
    values = ", ".join(f"{name} {value!r}" for name, value in dimensions) or "no dimension"
    detail = f"no unit amount for {values}; publish a plan version that names it or has a default_unit_amount"
    return Discrepancy(DiscrepancyKind.UNPRICED, meter, dimensions, "a price", plain(quantity), detail)


def _uncountable(meter: str, reason: str, positions: list[int]) -> Discrepancy:
    claim = f"{len(positions)} events have a value that is {reason.replace('_', ' ')}"
    detail = f"{claim}, first at position {min(positions)}"
    return Discrepancy(DiscrepancyKind.UNCOUNTABLE, meter, (), "0", str(len(positions)), detail)
