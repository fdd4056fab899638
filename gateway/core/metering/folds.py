"""How a recount folds values into an amount, where it does not matter when they occurred.

No code of the live projection is here or uses this, so that a fault in one cannot hide in the other.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from gateway.core.metering.meter import MeterVersion
from gateway.core.metering.quantities import Amount
from gateway.core.numbers import EXACT
from gateway.core.periods.period import BillingPeriod

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class CountedSpan:
    """The span that is counted. `whole` is the span that time-weighted and prorated values are shares of.

    They differ for the first period of a subscription, say, which is a part of the schedule's own.
    """

    period: BillingPeriod
    whole: BillingPeriod
    zone: ZoneInfo


@dataclass(slots=True)
class Fold(ABC):
    """A fold in progress: `events` were counted, and what their values come to is the `amount`."""

    version: MeterVersion
    span: CountedSpan
    events: int = 0

    @abstractmethod
    def add(self, value: Any, occurred_at: datetime, position: int, /) -> None:
        """Fold in one event of the span, or one that is carried into it from before."""

    @property
    @abstractmethod
    def amount(self) -> Amount:
        """What the values come to, exactly."""


class EventCount(Fold):
    """How many events there were."""

    __slots__ = ()

    def add(self, _value: None, _occurred_at: datetime, _position: int, /) -> None:
        self.events += 1

    @property
    def amount(self) -> Amount:
        return self.events


@dataclass(slots=True)
class Sum(Fold):
    """The sum of the values."""

    total: Decimal = NOTHING

    def add(self, value: Decimal, _occurred_at: datetime, _position: int, /) -> None:
        self.events += 1
        self.total = EXACT.add(self.total, value)

    @property
    def amount(self) -> Amount:
        return self.total


class Average(Sum):
    """The sum of the values by their number."""

    __slots__ = ()

    @property
    def amount(self) -> Amount:
        return Fraction(self.total) / self.events


@dataclass(slots=True)
class Greatest(Fold):
    """The greatest value."""

    value: Decimal | None = None

    def add(self, value: Decimal, _occurred_at: datetime, _position: int, /) -> None:
        self.events += 1
        self.value = value if self.value is None else max(self.value, value)

    @property
    def amount(self) -> Amount:
        return NOTHING if self.value is None else self.value


@dataclass(slots=True)
class Least(Fold):
    """The least value."""

    value: Decimal | None = None

    def add(self, value: Decimal, _occurred_at: datetime, _position: int, /) -> None:
        self.events += 1
        self.value = value if self.value is None else min(self.value, value)

    @property
    def amount(self) -> Amount:
        return NOTHING if self.value is None else self.value


@dataclass(slots=True)
class Distinct(Fold):
    """How many different values there were."""

    values: set[str] = field(default_factory=set)

    def add(self, value: str, _occurred_at: datetime, _position: int, /) -> None:
        self.events += 1
        self.values.add(value)

    @property
    def amount(self) -> Amount:
        return len(self.values)


@dataclass(slots=True)
class Percentile(Fold):
    """The least value such that so many percent of all are not above it (the nearest rank)."""

    values: list[Decimal] = field(default_factory=list)

    def add(self, value: Decimal, _occurred_at: datetime, _position: int, /) -> None:
        self.events += 1
        self.values.append(value)

    @property
    def amount(self) -> Amount:
        assert self.version.percentile is not None
        rank = ceil(Fraction(self.version.percentile) * len(self.values) / 100)
        return sorted(self.values)[rank - 1]
