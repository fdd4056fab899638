"""Meters: how events become a quantity."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from gateway.core.faults import Fault, key_fault, repeated, require, require_none, size_fault, text_fault
from gateway.core.metering.expressions import Expression
from gateway.core.metering.quantities import (
    Amount,
    UnitConversion,
    UnitRounding,
    billed_quantities,
    billed_quantity,
)
from gateway.core.metering.tolerance import EXACTLY, Tolerance
from gateway.core.periods.windows import Window
from gateway.core.time import EPOCH

Dimensions = tuple[tuple[str, str], ...]
"""A meter's dimensions and an event's values for them, in the meter's order."""


class Aggregation(StrEnum):
    """How a meter folds values into one quantity."""

    COUNT = "count"
    SUM = "sum"
    MAX = "max"
    MIN = "min"
    AVERAGE = "average"
    UNIQUE_COUNT = "unique_count"
    LATEST = "latest"
    LAST_EVER = "last_ever"
    WEIGHTED_SUM = "weighted_sum"
    PERCENTILE = "percentile"
    MAX_OF_WINDOW_SUMS = "max_of_window_sums"


ADDITIVE = frozenset({Aggregation.COUNT, Aggregation.SUM, Aggregation.WEIGHTED_SUM})
"""Aggregations whose quantities by dimension values add up to the whole."""

GROWING = frozenset(
    {
        Aggregation.COUNT,
        Aggregation.SUM,
        Aggregation.UNIQUE_COUNT,
        Aggregation.MAX,
        Aggregation.MAX_OF_WINDOW_SUMS,
    }
)
"""Aggregations whose quantity grows with values above zero, and never by the passing of time."""

dimensions_max = 8
filters_max = 32
dimension_values_default = 10_000
dimension_values_limit = 100_000


class TimeUnit(StrEnum):
    """What the time is measured in for which a level is held."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


class UncountableRule(StrEnum):
    """What an event that a meter cannot count does to the invoice: hold it, or be left out and listed."""

    HOLD = "hold"
    SKIP = "skip"


class UncountableReason(StrEnum):
    """Why a meter could not count an event; the event stays accepted for the other meters."""

    MISSING = "missing"
    NOT_A_NUMBER = "not_a_number"
    TOO_LARGE = "too_large"
    NOT_A_SCALAR = "not_a_scalar"
    DIVIDED_BY_ZERO = "divided_by_zero"
    UNKNOWN_OPERATION = "unknown_operation"


@dataclass(frozen=True, slots=True)
class Filter:
    """Passes events whose `property` is one of `values`, compared as text; `or_missing` those without it too."""

    property: str
    values: tuple[str, ...]
    or_missing: bool = False

    def __post_init__(self) -> None:
        is_empty = not self.values and not self.or_missing
        require(
            ("property", text_fault(self.property)),
            ("values", "is empty, so that no event would count; name a value" if is_empty else None),
        )

    def passes(self, text: str | None) -> bool:
        """Whether an event passes whose property has this text; None where it is missing or no scalar."""
        return self.or_missing if text is None else text in self.values


Exclusion = tuple[Filter, ...]
"""Leaves out events that pass all of its filters."""


@dataclass(frozen=True, slots=True)
class MeterVersion:
    """A meter's immutable definition, in force for events that occurred from `effective_from` on.

    The value of an event is a property or an `expression` over several. A `recurring` meter carries on, from the start
    of the subscription, what earlier periods ended with. `prorated_by_day` weighs values by the share of the period's
    days for which they are there. The quantity is what the values fold into, converted and rounded in this order.
    A period whose counts differ by more than `tolerance`, or that comes to more than `quantity_max`, is held.
    """

    key: str
    version: int
    event_type: str
    aggregation: Aggregation
    unit: str
    value_property: str | None = None
    dimensions: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    when_missing: UncountableRule = UncountableRule.HOLD
    when_invalid: UncountableRule = UncountableRule.HOLD
    effective_from: datetime = EPOCH
    excludes: tuple[Exclusion, ...] = ()
    expression: Expression | None = None
    recurring: bool = False
    prorated_by_day: bool = False
    operation_property: str | None = None
    window: Window | None = None
    percentile: Decimal | None = None
    time_unit: TimeUnit | None = None
    conversion: UnitConversion | None = None
    rounding: UnitRounding | None = None
    dimension_values_max: int = dimension_values_default
    tolerance: Tolerance = EXACTLY
    quantity_max: Decimal | None = None

    def __post_init__(self) -> None:
        require(
            ("key", key_fault(self.key)),
            ("version", None if self.version >= 1 else f"{self.version} is not 1 or more"),
            ("event_type", text_fault(self.event_type)),
            ("unit", text_fault(self.unit)),
            *_value_claims(self),
            ("effective_from", None if self.effective_from.tzinfo else "has no offset; write it with Z"),
            *_dimension_claims(self),
            *_filter_claims(self),
            *_option_claims(self),
        )

    @property
    def carries(self) -> bool:
        """Whether events of earlier periods count as well."""
        return self.recurring or self.aggregation is Aggregation.LAST_EVER

    @property
    def only_grows(self) -> bool:
        """Whether its quantity changes by further events alone, and upwards: what there is so far is owed already."""
        changes_in_time = self.carries or self.prorated_by_day or self.operation_property is not None
        return self.aggregation in GROWING and not changes_in_time

    @property
    def is_additive(self) -> bool:
        """Whether the quantities by dimension values add up to the whole."""
        return self.aggregation in ADDITIVE and self.rounding is None

    @property
    def is_plain_sum(self) -> bool:
        """Whether the quantity is the sum of values that occurred in the period, as they are."""
        is_changed = self.recurring or self.prorated_by_day or self.conversion is not None or self.rounding is not None
        return self.aggregation is Aggregation.SUM and not is_changed

    @property
    def deciding_properties(self) -> tuple[str, ...]:
        """The properties that decide where an event is counted, if at all: dimensions and filters."""
        rules = (*self.filters, *(rule for exclusion in self.excludes for rule in exclusion))
        return tuple(dict.fromkeys((*self.dimensions, *(rule.property for rule in rules))))

    def admits(self, texts: Mapping[str, str | None]) -> bool:
        """Whether the filters let an event through whose deciding properties have these texts."""
        if not all(rule.passes(texts[rule.property]) for rule in self.filters):
            return False
        return not any(all(rule.passes(texts[rule.property]) for rule in rules) for rules in self.excludes)

    def quantity(self, amount: Amount) -> Decimal:
        """The quantity to bill for what the values fold into."""
        return billed_quantity(amount, self.conversion, self.rounding)

    def quantities(self, amounts: Sequence[Amount]) -> Iterable[Decimal]:
        """The quantities to bill for many amounts."""
        return billed_quantities(amounts, self.conversion, self.rounding)

    def rule_for(self, reason: UncountableReason) -> UncountableRule:
        """Whether events left out for `reason` hold the invoice."""
        return self.when_missing if reason is UncountableReason.MISSING else self.when_invalid


@dataclass(frozen=True, slots=True)
class Meter:
    """A named meter with its versions, oldest first."""

    key: str
    name: str
    versions: tuple[MeterVersion, ...]

    def __post_init__(self) -> None:
        require(("key", key_fault(self.key)), ("name", text_fault(self.name)))
        require_none(_version_faults(self))

    def version_at(self, occurred_at: datetime) -> MeterVersion | None:
        """The version that counts an event of `occurred_at`; None before the first one."""
        if occurred_at >= self.versions[-1].effective_from:  # nearly always
            return self.versions[-1]
        index = bisect_right(self.versions, occurred_at, key=lambda version: version.effective_from)
        return self.versions[index - 1] if index else None

    @property
    def latest(self) -> MeterVersion:
        """The newest version."""
        return self.versions[-1]


Claim = tuple[str, str | None]
"""A path, and what is wrong there if anything is."""

_OPTIONS: Mapping[str, frozenset[Aggregation]] = {
    "recurring": frozenset({Aggregation.SUM, Aggregation.UNIQUE_COUNT, Aggregation.WEIGHTED_SUM}),
    "prorated_by_day": frozenset({Aggregation.SUM, Aggregation.UNIQUE_COUNT}),
    "operation_property": frozenset({Aggregation.UNIQUE_COUNT}),
    "window": frozenset({Aggregation.MAX, Aggregation.MAX_OF_WINDOW_SUMS}),
    "percentile": frozenset({Aggregation.PERCENTILE}),
    "time_unit": frozenset({Aggregation.WEIGHTED_SUM}),
}
"""The aggregations that each option suits."""

_PATHS = {"operation_property": "operation"}
_NEEDED = {Aggregation.MAX_OF_WINDOW_SUMS: "window", Aggregation.PERCENTILE: "percentile"}


def _value_claims(version: MeterVersion) -> Iterator[Claim]:
    name, expression = version.value_property, version.expression
    if version.aggregation is Aggregation.COUNT:
        yield "value", None if name is None else "a count reads no value; leave it out or use sum"
        yield "expression", None if expression is None else "a count reads no value; leave it out or use sum"
    elif expression is not None:
        yield "value", None if name is None else "is given beside an expression; leave one of them out"
        is_text = version.aggregation is Aggregation.UNIQUE_COUNT
        yield "expression", "a unique_count reads a value of any kind; name its property" if is_text else None
    elif name is None:
        yield "value", f"is missing; name the property that {version.aggregation} reads"
    else:
        yield "value", text_fault(name)


def _dimension_claims(version: MeterVersion) -> Iterator[Claim]:
    dimensions, most = version.dimensions, version.dimension_values_max
    if len(dimensions) > dimensions_max:
        yield "dimensions", f"names {len(dimensions)}; use at most {dimensions_max}"
    for index, name in enumerate(dimensions):
        yield f"dimensions[{index}]", text_fault(name)
    for index, name in repeated(dimensions):
        yield f"dimensions[{index}]", f"{name!r} is named twice"
    if not 1 <= most <= dimension_values_limit:
        yield "dimension_values_max", f"{most} is not 1 to {dimension_values_limit}"


def _filter_claims(version: MeterVersion) -> Iterator[Claim]:
    count = len(version.filters) + sum(map(len, version.excludes))
    if count > filters_max:
        yield "filters", f"there are {count}, those of exclude among them; use at most {filters_max}"
    for index, exclusion in enumerate(version.excludes):
        if not exclusion:
            yield f"exclude[{index}].filters", "is empty, so that no event would count; name a filter"


def _option_claims(version: MeterVersion) -> Iterator[Claim]:
    for option, suited in _OPTIONS.items():
        is_used = getattr(version, option) not in (None, False)
        if is_used and version.aggregation not in suited:
            known = ", ".join(sorted(suited))
            yield _PATHS.get(option, option), f"does not go with {version.aggregation}; it is for {known}"
    needed = _NEEDED.get(version.aggregation)
    if needed is not None and getattr(version, needed) is None:
        yield needed, f"is missing; a {version.aggregation} needs one"
    if version.operation_property is not None:
        yield "operation", text_fault(version.operation_property)
    if version.quantity_max is not None and (fault := size_fault(version.quantity_max)) is not None:
        yield "quantity_max", fault
    if version.percentile is not None and not 0 < version.percentile <= 100:
        yield "percentile", f"{version.percentile} is not above 0 and at most 100"


def _version_faults(meter: Meter) -> Iterator[Fault]:
    if not meter.versions:
        yield "versions", "is empty; a meter has at least one"
    for index, version in enumerate(meter.versions):
        if version.key != meter.key:
            yield f"versions[{index}].key", f"{version.key!r} is of another meter than {meter.key!r}"
        if version.version != index + 1:
            yield f"versions[{index}].version", f"{version.version} should be {index + 1}"
        if index and version.effective_from < meter.versions[index - 1].effective_from:
            yield f"versions[{index}].effective_from", "is before the version that it follows"
