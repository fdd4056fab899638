"""Meters: how events become a quantity."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.core.faults import Fault, key_fault, repeated, require, require_none, text_fault
from gateway.core.time import EPOCH

Dimensions = tuple[tuple[str, str], ...]
"""A meter's dimensions and an event's values for them, in the meter's order."""


class Aggregation(StrEnum):
    """How a meter folds values into one quantity."""

    COUNT = "count"
    SUM = "sum"
    UNIQUE_COUNT = "unique_count"


ADDITIVE = frozenset({Aggregation.COUNT, Aggregation.SUM})
"""Aggregations whose quantities over parts of a period, or of the dimension values, add up to the whole."""

dimensions_max = 8


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


@dataclass(frozen=True, slots=True)
class Filter:
    """Counts only events whose `property` is one of `values`, compared as text."""

    property: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        require(
            ("property", text_fault(self.property)),
            ("values", None if self.values else "is empty, so that no event would count; name a value"),
        )


@dataclass(frozen=True, slots=True)
class MeterVersion:
    """A meter's immutable definition, in force for events that occurred from `effective_from` on."""

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

    def __post_init__(self) -> None:
        require(
            ("key", key_fault(self.key)),
            ("version", None if self.version >= 1 else f"{self.version} is not 1 or more"),
            ("event_type", text_fault(self.event_type)),
            ("unit", text_fault(self.unit)),
            ("value", self._value_fault()),
            ("effective_from", None if self.effective_from.tzinfo else "has no offset; write it with Z"),
            *_dimension_claims(self.dimensions),
        )

    def _value_fault(self) -> str | None:
        if self.aggregation is Aggregation.COUNT:
            return None if self.value_property is None else "a count reads no value; leave it out or use sum"
        if self.value_property is None:
            return f"is missing; name the property that {self.aggregation} reads"
        return text_fault(self.value_property)

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
        index = bisect_right(self.versions, occurred_at, key=lambda version: version.effective_from)
        return self.versions[index - 1] if index else None

    @property
    def latest(self) -> MeterVersion:
        """The newest version."""
        return self.versions[-1]


def _dimension_claims(dimensions: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    if len(dimensions) > dimensions_max:
        yield "dimensions", f"names {len(dimensions)}; use at most {dimensions_max}"
    for index, name in enumerate(dimensions):
        yield f"dimensions[{index}]", text_fault(name)
    for index, name in repeated(dimensions):
        yield f"dimensions[{index}]", f"{name!r} is named twice"


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
