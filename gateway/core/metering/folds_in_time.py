"""How a recount folds values into an amount, where it matters when they occurred."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Self

from gateway.core.metering.folds import NOTHING, Fold
from gateway.core.metering.levels import average_level, held, in_time_units
from gateway.core.metering.quantities import Amount
from gateway.core.metering.values import Operation
from gateway.core.numbers import EXACT
from gateway.core.periods.days import active_days, days_from, days_of, share_by_days
from gateway.core.periods.windows import window_at


@dataclass(slots=True)
class Last(Fold):
    """The value that occurred last, of several at one instant the one that was recorded last; a negative one is 0."""

    found: tuple[datetime, int, Decimal] | None = None

    def add(self, value: Decimal, occurred_at: datetime, position: int, /) -> None:
        self.events += 1
        if self.found is None or (occurred_at, position) > self.found[:2]:
            self.found = occurred_at, position, value

    def merge(self, other: Self, /) -> None:
        assert self.found is not None, "a fold without events is not merged"
        assert other.found is not None, "a fold without events is not merged"
        self.events += other.events
        self.found = max(self.found, other.found)

    @property
    def amount(self) -> Amount:
        return NOTHING if self.found is None else max(self.found[2], NOTHING)


@dataclass(slots=True)
class Active(Fold):
    """How many values are there at the end: those whose last operation adds them."""

    last: dict[str, tuple[datetime, int, bool]] = field(default_factory=dict)

    def add(self, value: Operation, occurred_at: datetime, position: int, /) -> None:
        self.events += 1
        found = self.last.get(value.value)
        if found is None or (occurred_at, position) > found[:2]:
            self.last[value.value] = occurred_at, position, value.is_removal

    def merge(self, other: Self, /) -> None:
        self.events += other.events
        for name, last in other.last.items():
            self.last[name] = max(self.last.get(name, last), last)

    @property
    def amount(self) -> Amount:
        return sum(not is_removal for *_, is_removal in self.last.values())


@dataclass(slots=True)
class ActiveByDay(Fold):
    """How many values are there, each by the share of the days on which it is."""

    operations: dict[str, list[tuple[datetime, int, bool]]] = field(default_factory=dict)

    def add(self, value: str | Operation, occurred_at: datetime, position: int, /) -> None:
        self.events += 1
        name, is_removal = (value.value, value.is_removal) if isinstance(value, Operation) else (value, False)
        self.operations.setdefault(name, []).append((occurred_at, position, is_removal))

    def merge(self, other: Self, /) -> None:
        self.events += other.events
        for name, operations in other.operations.items():
            self.operations.setdefault(name, []).extend(operations)

    @property
    def days(self) -> int:
        """The days of all values together."""
        zone, days = self.scope.zone, days_of(self.scope.period, self.scope.zone)
        return sum(
            active_days([(occurred_at, is_removal) for occurred_at, _, is_removal in sorted(found)], days, zone)
            for found in self.operations.values()
        )

    @property
    def amount(self) -> Amount:
        return share_by_days(self.days, len(days_of(self.scope.whole_period, self.scope.zone)))


@dataclass(slots=True)
class SumByDay(Fold):
    """The sum of the values, each by its share of the days: those from its own, or the first, to the last."""

    value_days: Decimal = NOTHING

    def add(self, value: Decimal, occurred_at: datetime, _position: int, /) -> None:
        self.events += 1
        days = days_from(occurred_at, self.scope.period, self.scope.zone)
        self.value_days = EXACT.add(self.value_days, EXACT.multiply(value, days))

    def merge(self, other: Self, /) -> None:
        self.events += other.events
        self.value_days = EXACT.add(self.value_days, other.value_days)

    @property
    def amount(self) -> Amount:
        return share_by_days(self.value_days, len(days_of(self.scope.whole_period, self.scope.zone)))


@dataclass(slots=True)
class TimeWeighted(Fold):
    """The average over the period of a level that values are changes of, or the level times the time it is held.

    A change from before the period holds for all of it, and is no event of it.
    """

    value_time: Decimal = NOTHING

    def add(self, value: Decimal, occurred_at: datetime, _position: int, /) -> None:
        self.events += occurred_at >= self.scope.period.start
        time = self.scope.period.end - max(occurred_at, self.scope.period.start)
        self.value_time = EXACT.add(self.value_time, held(value, time))

    def merge(self, other: Self, /) -> None:
        self.events += other.events
        self.value_time = EXACT.add(self.value_time, other.value_time)

    @property
    def amount(self) -> Amount:
        unit = self.version.time_unit
        if unit is not None:
            return in_time_units(self.value_time, unit)
        return average_level(self.value_time, self.scope.whole_period.length)


@dataclass(slots=True)
class _ByWindow(Fold):
    """What the windows of time hold, by their starts."""

    windows: dict[datetime, Decimal] = field(default_factory=dict)

    def _window(self, occurred_at: datetime) -> datetime:
        assert self.version.window is not None
        return window_at(occurred_at, self.version.window, self.scope.zone)


class GreatestOfWindowSums(_ByWindow):
    """The greatest of the sums of windows of time."""

    __slots__ = ()

    def add(self, value: Decimal, occurred_at: datetime, _position: int, /) -> None:
        self.events += 1
        window = self._window(occurred_at)
        self.windows[window] = EXACT.add(self.windows.get(window, NOTHING), value)

    def merge(self, other: Self, /) -> None:
        self.events += other.events
        for window, total in other.windows.items():
            self.windows[window] = EXACT.add(self.windows.get(window, NOTHING), total)

    @property
    def amount(self) -> Amount:
        return max(self.windows.values())


class SumOfWindowMaxima(_ByWindow):
    """The sum of the greatest values of windows of time."""

    __slots__ = ()

    def add(self, value: Decimal, occurred_at: datetime, _position: int, /) -> None:
        self.events += 1
        window = self._window(occurred_at)
        self.windows[window] = max(self.windows.get(window, value), value)

    def merge(self, other: Self, /) -> None:
        self.events += other.events
        for window, value in other.windows.items():
            self.windows[window] = max(self.windows.get(window, value), value)

    @property
    def amount(self) -> Amount:
        total = NOTHING
        for value in self.windows.values():
            total = EXACT.add(total, value)
        return total
