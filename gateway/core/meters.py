"""Meters: how events become a quantity."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.core.time import EPOCH


Dimensions = tuple[tuple[str, str], ...]
"""A meter's dimensions and an event's values for them, in the meter's order."""


class Aggregation(StrEnum):
    """How a meter folds values into one quantity."""

    COUNT = "count"
    SUM = "sum"
    UNIQUE_COUNT = "unique_count"


ADDITIVE = frozenset({Aggregation.COUNT, Aggregation.SUM})


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

    def rule_for(self, reason: UncountableReason) -> UncountableRule:
        """Whether events left out for `reason` hold the invoice."""
        return self.when_missing if reason is UncountableReason.MISSING else self.when_invalid


@dataclass(frozen=True, slots=True)
class Meter:
    """A named meter with its versions, oldest first."""

    key: str
    name: str
    versions: tuple[MeterVersion, ...]

    def version_at(self, occurred_at: datetime) -> MeterVersion | None:
        """The version that counts an event of `occurred_at`; None before the first one."""
        index = bisect_right(self.versions, occurred_at, key=lambda version: version.effective_from)
        return self.versions[index - 1] if index else None

    @property
    def latest(self) -> MeterVersion:
        """The newest version."""
        return self.versions[-1]
