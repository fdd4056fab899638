"""How a recount folds values into an amount, where it does not matter when they occurred.

No code of the live projection is here or uses this, so that a fault in one cannot hide in the other.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any, Self

from gateway.core.metering.counts import CountingScope
from gateway.core.metering.meter import MeterVersion
from gateway.core.metering.quantities import Amount
from gateway.core.numbers import EXACT

NOTHING = Decimal(0)


@dataclass(slots=True)
class Fold(ABC):
    """A fold in progress: `events` were counted for a scope, and what their values come to is the `amount`."""

    version: MeterVersion
    scope: CountingScope
    events: int = 0

    @abstractmethod
    def add(self, value: Any, occurred_at: datetime, position: int, /) -> None:
        """Fold in one event of the scope's period, or one that is carried into it from before."""

    @abstractmethod
    def merge(self, other: Self, /) -> None:
        """Fold in all events of another fold of the same version and scope; neither is without events."""

    @property
    @abstractmethod
    def amount(self) -> Amount:
        """What the values come to, exactly."""


@dataclass(slots=True)
class Additive(Fold):
    """A fold for which a number of events and the total of their values say it all."""

    total: Decimal = NOTHING

    @staticmethod
    @abstractmethod
    def amount_of(events: int, total: Decimal, /) -> Amount:
        """What so many events, at least one, with this total come to, exactly."""

    def add(self, value: Decimal, _occurred_at: datetime, _position: int, /) -> None:
        self.events += 1
        self.total = EXACT.add(self.total, value)

    def merge(self, other: Self, /) -> None:
        self.events += other.events
        self.total = EXACT.add(self.total, other.total)

    @property
    def amount(self) -> Amount:
        return self.amount_of(self.events, self.total)


class EventCount(Additive):
    """How many events there were; their values are nothing, and come to 0."""

    __slots__ = ()

    @staticmethod
    def amount_of(events: int, _total: Decimal, /) -> Amount:
        return events


class Sum(Additive):
    """The sum of the values."""

    __slots__ = ()

    @staticmethod
    def amount_of(_events: int, total: Decimal, /) -> Amount:
        return total


class Average(Additive):
    """The sum of the values by their number."""

    __slots__ = ()

    @staticmethod
    def amount_of(events: int, total: Decimal, /) -> Amount:
        return Fraction(total) / events


@dataclass(slots=True)
class Greatest(Fold):
    """The greatest value."""

    value: Decimal | None = None

    def add(self, value: Decimal, _occurred_at: datetime, _position: int, /) -> None:
        self.events += 1
        self.value = value if self.value is None else max(self.value, value)

    def merge(self, other: Self, /) -> None:
        assert self.value is not None, "a fold without events is not merged"
        assert other.value is not None, "a fold without events is not merged"
        self.events += other.events
        self.value = max(self.value, other.value)

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

    def merge(self, other: Self, /) -> None:
        assert self.value is not None, "a fold without events is not merged"
        assert other.value is not None, "a fold without events is not merged"
        self.events += other.events
        self.value = min(self.value, other.value)

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

    def merge(self, other: Self, /) -> None:
        self.events += other.events
        self.values |= other.values

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

    def merge(self, other: Self, /) -> None:
        self.events += other.events
        self.values += other.values

    @property
    def amount(self) -> Amount:
        assert self.version.percentile is not None
        rank = ceil(Fraction(self.version.percentile) * len(self.values) / 100)
        return sorted(self.values)[rank - 1]
