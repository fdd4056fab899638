"""Plans: what is offered, at which prices, on which schedule."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from gateway.core.periods import Interval


class Timing(StrEnum):
    """Whether a price is billed at the start or at the end of its period."""

    IN_ADVANCE = "in_advance"
    IN_ARREARS = "in_arrears"


class PackageRounding(StrEnum):
    """Whether a started package counts as a whole one."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Tier:
    """Units up to and including `up_to` (None: no end) at `unit_amount` each, plus `flat_amount` once entered."""

    up_to: Decimal | None
    unit_amount: Decimal
    flat_amount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class FlatFee:
    """`amount` for the passing of a period, prorated by time in a shorter one."""

    amount: Decimal


@dataclass(frozen=True, slots=True)
class PerUnit:
    """Every unit at `unit_amount`."""

    unit_amount: Decimal


@dataclass(frozen=True, slots=True)
class Graduated:
    """Each unit at the price of the tier it falls into."""

    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True)
class Volume:
    """All units at the price of the tier that the whole quantity falls into."""

    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True)
class Package:
    """`package_amount` for every `package_size` units; a started one counts when rounding is up."""

    package_size: Decimal
    package_amount: Decimal
    rounding: PackageRounding = PackageRounding.UP


@dataclass(frozen=True, slots=True)
class Matrix:
    """A unit price per value of one dimension; `default_unit_amount` for values not listed."""

    dimension: str
    unit_amounts: Mapping[str, Decimal]
    default_unit_amount: Decimal | None = None


PriceModel = FlatFee | PerUnit | Graduated | Volume | Package | Matrix


@dataclass(frozen=True, slots=True)
class Price:
    """One rule that turns a meter's quantity, or the passing of a period where `meter` is None, into money."""

    key: str
    name: str
    model: PriceModel
    meter: str | None = None
    timing: Timing = Timing.IN_ARREARS

    @property
    def is_by_dimension(self) -> bool:
        """Whether an invoice shows one line per dimension value instead of one line in all."""
        return isinstance(self.model, Matrix)


@dataclass(frozen=True, slots=True)
class Commitment:
    """A promised minimum per period over the prices named in `counts`; a true-up line fills the gap."""

    key: str
    name: str
    amount: Decimal
    counts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """A published plan, which never changes: publish another version instead."""

    plan: str
    version: int
    name: str
    currency: str
    interval: Interval
    prices: tuple[Price, ...]
    commitments: tuple[Commitment, ...] = ()
    grace: timedelta = timedelta(0)
    published_at: datetime | None = None

    @property
    def metered(self) -> dict[str, Price]:
        """The prices that rate a meter, by meter key."""
        return {price.meter: price for price in self.prices if price.meter is not None}
