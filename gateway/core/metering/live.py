"""What the live projection keeps: states per bucket, and what it could not count or attribute."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from gateway.core.metering.live_kept import Kept, merged
from gateway.core.metering.meter import Dimensions, UncountableReason
from gateway.core.numbers import EXACT


class Bucket(StrEnum):
    """What a live count spans: a billing period, or an hour (a quarter in zones with such offsets) for charts."""

    PERIOD = "period"
    HOUR = "hour"


class LiveSeries(NamedTuple):
    """One row of live counts over time: a subscription's meter version and dimension values.

    A tuple, because the projector looks up tens of thousands of them a second.
    """

    subscription_id: str
    meter: str
    version: int
    dimensions: Dimensions


@dataclass(frozen=True, slots=True)
class LiveKey:
    """One live count: a series and the bucket it spans."""

    series: LiveSeries
    bucket: Bucket
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class LiveState:
    """What a bucket holds: events counted, the sum of their values, how many values are distinct, and what else."""

    events: int = 0
    total: Decimal = Decimal(0)
    distinct: int = 0
    kept: Kept | None = None


@dataclass(frozen=True, slots=True)
class LiveUncountable:
    """An event that a meter left out of a subscription's count."""

    subscription_id: str
    meter: str
    version: int
    position: int
    occurred_at: datetime
    reason: UncountableReason


class UnattributedReason(StrEnum):
    """Why an event belongs to no subscription."""

    NO_SUBSCRIPTION = "no_subscription"
    UNKNOWN_SUBSCRIPTION = "unknown_subscription"

    @classmethod
    def of(cls, named: str | None) -> "UnattributedReason":
        """The reason for an event that names the subscription `named`, or none."""
        return cls.NO_SUBSCRIPTION if named is None else cls.UNKNOWN_SUBSCRIPTION


@dataclass(frozen=True, slots=True)
class Unattributed:
    """An event that no subscription covers: stored, shown, billed to nobody."""

    position: int
    customer: str
    type: str
    occurred_at: datetime
    reason: UnattributedReason


@dataclass(frozen=True, slots=True)
class CustomerPositions:
    """Where a customer's events of one chunk stand in the log, in order, and a span of time that holds them all."""

    customer: str
    positions: Sequence[int]
    occurred_min: datetime
    occurred_max: datetime


TallyKey = tuple[LiveSeries, Bucket, int]
"""A series, a bucket and its start in microseconds since 1970."""


@dataclass(slots=True)
class LiveTally:
    """What a chunk adds to one bucket; `values` says how often each value of a unique count (by its hash) occurred."""

    events: int
    total: Decimal | int = 0
    values: dict[str, int] | None = None
    kept: Kept | None = None

    def add(self, other: "LiveTally") -> None:
        """Add what another part of the chunk adds to the same bucket."""
        self.events += other.events
        if isinstance(self.total, int) and isinstance(other.total, int):
            self.total += other.total
        else:
            # A sum of an integer and a Decimal would be rounded to the digits of the ambient context.
            self.total = EXACT.add(Decimal(self.total), Decimal(other.total))
        if self.values is not None and other.values is not None:
            for value, times in other.values.items():
                self.values[value] = self.values.get(value, 0) + times
        self.kept = merged(self.kept, other.kept)


@dataclass(slots=True)
class LiveDelta:
    """What one chunk of the log adds to the live counts; each key occurs once."""

    tallies: list[tuple[TallyKey, LiveTally]] = field(default_factory=list)
    uncountable: list[LiveUncountable] = field(default_factory=list)
    unattributed: list[Unattributed] = field(default_factory=list)
    index: list[CustomerPositions] = field(default_factory=list)


class PreparedDelta:
    """A delta that a storage has prepared to be applied; only that storage looks inside."""
