"""What the live projection keeps: states per bucket, and what it could not count or attribute."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from gateway.core.meters import Dimensions, UncountableReason


class Bucket(StrEnum):
    """What a live count spans: a billing period, or an hour (a quarter in zones with such offsets) for charts."""

    PERIOD = "period"
    HOUR = "hour"


@dataclass(frozen=True, slots=True)
class LiveSeries:
    """One row of live counts over time: a subscription's meter version and dimension values."""

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
    """What a bucket holds: events counted, the sum of their values, and how many values are distinct."""

    events: int = 0
    total: Decimal = Decimal(0)
    distinct: int = 0


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
    """Where a customer's events of one chunk stand in the log, in order."""

    customer: str
    positions: Sequence[int]
    occurred_min: datetime
    occurred_max: datetime


@dataclass(slots=True)
class LiveTally:
    """What a chunk adds to one bucket; `values` says how often each value of a unique count (by its hash) occurred."""

    events: int = 0
    total: Decimal | int = 0
    values: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class LiveDelta:
    """What one chunk of the log adds to the live counts, by series, then bucket and its start in microseconds."""

    tallies: dict[LiveSeries, dict[tuple[Bucket, int], LiveTally]] = field(default_factory=dict)
    uncountable: list[LiveUncountable] = field(default_factory=list)
    unattributed: list[Unattributed] = field(default_factory=list)
    index: list[CustomerPositions] = field(default_factory=list)
