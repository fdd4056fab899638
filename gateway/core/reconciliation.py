"""Reconciliation: two counts of the same usage, compared; no difference, no human needed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from gateway.core.errors import InvalidValue
from gateway.core.faults import text_fault
from gateway.core.invoicing.drafting import unpriced
from gateway.core.invoicing.invoice import MeteredQuantity
from gateway.core.metering.meter import Dimensions, Meter, UncountableRule
from gateway.core.metering.recount import CountKey, Recount
from gateway.core.numbers import EXACT, plain
from gateway.core.plans.plan import PlanVersion


class DiscrepancyKind(StrEnum):
    """What does not agree, or keeps an invoice from being trusted."""

    COUNT = "count"
    UNCOUNTABLE = "uncountable"
    UNPRICED = "unpriced"
    DIMENSION_VALUES = "dimension_values"


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One difference with its evidence; it holds the invoice until a person resolves it."""

    kind: DiscrepancyKind
    meter: str
    dimensions: Dimensions
    expected: str
    found: str
    detail: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """Who let a held invoice go out, when and why; kept for ever."""

    invoice_id: str
    actor: str
    reason: str
    resolved_at: datetime

    def __post_init__(self) -> None:
        for name, text in (("actor", self.actor), ("reason", self.reason)):
            if fault := text_fault(text):
                raise InvalidValue(f"The {name} of a resolution {fault}")


@dataclass(frozen=True, slots=True)
class LiveCount:
    """What the live track says about one key: its quantity and how many events it counted."""

    quantity: Decimal
    events: int


def compare_counts(live: Mapping[CountKey, LiveCount], counted: Recount) -> list[Discrepancy]:
    """Every key whose live count differs from the recount, tolerance zero, in a stable order."""
    return [
        difference
        for key in sorted(live.keys() | counted.counts.keys(), key=_order)
        if (difference := _compare(key, live.get(key), counted))
    ]


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


def _compare(key: CountKey, live: LiveCount | None, counted: Recount) -> Discrepancy | None:
    count = counted.counts.get(key)
    expected, events = (count.quantity, count.events) if count else (Decimal(0), 0)
    found, found_events = (live.quantity, live.events) if live else (Decimal(0), 0)
    if (expected, events) == (found, found_events):
        return None
    return Discrepancy(
        DiscrepancyKind.COUNT,
        key.meter,
        key.dimensions,
        f"{expected:f}",
        f"{found:f}",
        f"the recount found {events} events, the live count {found_events}",
    )


def _order(key: CountKey) -> tuple[str, object, str, int, object]:
    return (key.subscription_id, key.period_start, key.meter, key.version, key.dimensions)
