"""Price models: the rules by which a quantity, or the passing of a period, becomes money."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from gateway.core.faults import (
    Fault,
    amount_fault,
    beneath,
    require,
    require_none,
    size_fault,
    text_fault,
)
from gateway.core.numbers import plain

tiers_max = 100
blocks_max = 10**12
amount_places_max = 6
free_transactions_max = 10**12

_NOTHING = Decimal(0)


class PackageRounding(StrEnum):
    """Whether a started package counts as a whole one."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Tier:
    """Units up to and including `up_to` (None: no end) at `unit_amount` each, plus `flat_amount` once entered.

    Where there is a `cap_amount`, the tier comes to that at most, its flat amount included.
    """

    up_to: Decimal | None
    unit_amount: Decimal
    flat_amount: Decimal = _NOTHING
    cap_amount: Decimal | None = None

    def __post_init__(self) -> None:
        require(
            ("up_to", _optional_size_fault(self.up_to)),
            ("unit_amount", amount_fault(self.unit_amount)),
            ("flat_amount", amount_fault(self.flat_amount)),
            ("cap_amount", _optional_amount_fault(self.cap_amount)),
        )


@dataclass(frozen=True, slots=True)
class PercentageTier:
    """A value up to and including `up_to` (None: no end) at `rate_percent` of it, plus `flat_amount` once entered."""

    up_to: Decimal | None
    rate_percent: Decimal
    flat_amount: Decimal = _NOTHING

    def __post_init__(self) -> None:
        require(
            ("up_to", _optional_size_fault(self.up_to)),
            ("rate_percent", amount_fault(self.rate_percent)),
            ("flat_amount", amount_fault(self.flat_amount)),
        )


@dataclass(frozen=True, slots=True)
class BlockTier:
    """`blocks_in_tier` blocks of `block_size` units at `block_amount` each; a started block counts as a whole one."""

    block_size: Decimal
    block_amount: Decimal
    blocks_in_tier: int | None = None

    def __post_init__(self) -> None:
        is_possible = self.blocks_in_tier is None or 1 <= self.blocks_in_tier <= blocks_max
        require(
            ("block_size", size_fault(self.block_size)),
            ("block_amount", amount_fault(self.block_amount)),
            ("blocks_in_tier", None if is_possible else f"{self.blocks_in_tier} is not 1 to {blocks_max}"),
        )


@dataclass(frozen=True, slots=True)
class CapacityTier:
    """`amount` in all as long as no quantity is above its limit; what is not named has none.

    The limits are by value of a dimension, or one of its own under "".
    """

    limits: Mapping[str, Decimal]
    amount: Decimal

    def __post_init__(self) -> None:
        require(
            *((f"limits.{value}", size_fault(limit)) for value, limit in self.limits.items()),
            ("amount", amount_fault(self.amount)),
        )

    def holds(self, quantities: Mapping[str, Decimal]) -> bool:
        """Whether every quantity is within its limit."""
        return all(quantities.get(value, _NOTHING) <= limit for value, limit in self.limits.items())


@dataclass(frozen=True, slots=True)
class FlatFee:
    """`amount` for the passing of a period, prorated by time in a shorter one."""

    amount: Decimal

    def __post_init__(self) -> None:
        require(("amount", amount_fault(self.amount)))


@dataclass(frozen=True, slots=True)
class PerUnit:
    """Every unit at `unit_amount`."""

    unit_amount: Decimal

    def __post_init__(self) -> None:
        require(("unit_amount", amount_fault(self.unit_amount)))


@dataclass(frozen=True, slots=True)
class Graduated:
    """Each unit at the price of the tier it falls into."""

    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        require_none(tier_faults([tier.up_to for tier in self.tiers]))


@dataclass(frozen=True, slots=True)
class Volume:
    """All units at the price of the tier that the whole quantity falls into."""

    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        require_none(tier_faults([tier.up_to for tier in self.tiers]))


@dataclass(frozen=True, slots=True)
class Package:
    """`package_amount` for every `package_size` units; a started one counts when rounding is up."""

    package_size: Decimal
    package_amount: Decimal
    rounding: PackageRounding = PackageRounding.UP

    def __post_init__(self) -> None:
        require(
            ("package_size", size_fault(self.package_size)),
            ("package_amount", amount_fault(self.package_amount)),
        )


@dataclass(frozen=True, slots=True)
class Matrix:
    """A unit price per value of one dimension; `default_unit_amount` for values not listed."""

    dimension: str
    unit_amounts: Mapping[str, Decimal]
    default_unit_amount: Decimal | None = None

    def __post_init__(self) -> None:
        has_amount = bool(self.unit_amounts) or self.default_unit_amount is not None
        require(
            ("dimension", text_fault(self.dimension)),
            ("unit_amounts", None if has_amount else "is empty; name a value or give a default_unit_amount"),
            *((f"unit_amounts.{value}", amount_fault(amount)) for value, amount in self.unit_amounts.items()),
            ("default_unit_amount", _optional_amount_fault(self.default_unit_amount)),
        )

    def unit_amount_for(self, value: str) -> Decimal | None:
        """What a unit costs where the dimension has `value`; None if the price does not say."""
        return self.unit_amounts.get(value, self.default_unit_amount)


@dataclass(frozen=True, slots=True)
class Percentage:
    """`rate_percent` of each transaction's value and `fixed_amount` besides, within a minimum and a maximum.

    The first `free_transactions`, or those up to `free_amount` in all, are free, whichever ends first; 0 is no such
    allowance. The transaction that goes beyond the free amount pays for what is beyond it, and the fixed amount. A
    value below zero, a refund, is given its rate back and nothing else.
    """

    rate_percent: Decimal
    fixed_amount: Decimal = _NOTHING
    free_transactions: int = 0
    free_amount: Decimal = _NOTHING
    transaction_minimum: Decimal | None = None
    transaction_maximum: Decimal | None = None

    def __post_init__(self) -> None:
        is_possible = 0 <= self.free_transactions <= free_transactions_max
        require(
            ("rate_percent", amount_fault(self.rate_percent)),
            ("fixed_amount", amount_fault(self.fixed_amount)),
            ("free_transactions", None if is_possible else f"{self.free_transactions} is not a count of transactions"),
            ("free_amount", amount_fault(self.free_amount)),
            ("transaction_minimum", _optional_amount_fault(self.transaction_minimum)),
            (
                "transaction_maximum",
                maximum_fault(self.transaction_maximum, self.transaction_minimum, "transaction_minimum"),
            ),
        )

    @property
    def is_by_transaction(self) -> bool:
        """Whether the sum of the values does not say what they cost."""
        limits = (self.transaction_minimum, self.transaction_maximum)
        return bool(self.fixed_amount or self.free_transactions or self.free_amount) or limits != (None, None)


@dataclass(frozen=True, slots=True)
class GraduatedPercentage:
    """Each part of a value at the rate of the tier it falls into."""

    tiers: tuple[PercentageTier, ...]

    def __post_init__(self) -> None:
        require_none(tier_faults([tier.up_to for tier in self.tiers]))


@dataclass(frozen=True, slots=True)
class BlockTiersAll:
    """Blocks at the price of the tier they fall into, rounded up to whole blocks in each tier.

    Beyond the end of the last tier its price goes on.
    """

    tiers: tuple[BlockTier, ...]

    def __post_init__(self) -> None:
        require_none(_block_faults(self.tiers))


@dataclass(frozen=True, slots=True)
class BlockTiersTop:
    """All units, in blocks rounded up, at the price of the highest tier that the quantity enters.

    Beyond the end of the last tier its price goes on.
    """

    tiers: tuple[BlockTier, ...]

    def __post_init__(self) -> None:
        require_none(_block_faults(self.tiers))


@dataclass(frozen=True, slots=True)
class Stairstep:
    """One amount in all: that of the first tier whose limits hold, beyond all limits that of the last.

    With a `dimension`, the limits are on the quantities of its values.
    """

    tiers: tuple[CapacityTier, ...]
    dimension: str | None = None

    def __post_init__(self) -> None:
        require(
            ("tiers", _count_fault(self.tiers)),
            ("dimension", None if self.dimension is None else text_fault(self.dimension)),
            *_capacity_faults(self.tiers),
        )


@dataclass(frozen=True, slots=True)
class Dynamic:
    """What the events themselves say that they cost, in steps of 10^-`amount_places` of the currency's major unit."""

    amount_places: int = 0

    def __post_init__(self) -> None:
        is_possible = 0 <= self.amount_places <= amount_places_max
        require(("amount_places", None if is_possible else f"{self.amount_places} is not 0 to {amount_places_max}"))


@dataclass(frozen=True, slots=True)
class CostPlus:
    """What the usage cost us, `multiplier` times."""

    multiplier: Decimal

    def __post_init__(self) -> None:
        require(("multiplier", amount_fault(self.multiplier)))


PriceModel = (
    FlatFee
    | PerUnit
    | Graduated
    | Volume
    | Package
    | Matrix
    | Percentage
    | GraduatedPercentage
    | BlockTiersAll
    | BlockTiersTop
    | Stairstep
    | Dynamic
    | CostPlus
)


def is_settled_at_the_end(model: PriceModel) -> bool:
    """Whether more usage may cost less in all, so that nothing is billed before the period's end."""
    if isinstance(model, Stairstep):
        return any(later.amount < tier.amount for tier, later in pairwise(model.tiers))
    return isinstance(model, (Volume, BlockTiersTop))


def is_by_transaction(model: PriceModel) -> bool:
    """Whether the sum of the events' values does not say what they cost."""
    return isinstance(model, Percentage) and model.is_by_transaction


def tier_faults(bounds: Sequence[Decimal | None], unreadable: Collection[int] = ()) -> Iterator[Fault]:
    """What keeps tiers up to `bounds` from covering every quantity exactly once; passes over `unreadable` ones."""
    if fault := _count_fault(bounds):
        yield "tiers", fault
    lower = Decimal(0)
    for index, up_to in enumerate(bounds):
        if index in unreadable:
            continue
        is_last = index == len(bounds) - 1
        if (up_to is None) != is_last:
            fault = "the last tier is open: leave it out" if is_last else "is missing; only the last tier is open"
            yield f"tiers[{index}].up_to", fault
        if up_to is not None and up_to <= lower:
            yield f"tiers[{index}].up_to", f"{plain(up_to)} is not above {plain(lower)}, where the tier begins"
        lower = up_to or lower


def maximum_fault(maximum: Decimal | None, minimum: Decimal | None, name: str) -> str | None:
    """What is wrong with a maximum beside the minimum of that `name`."""
    if maximum is None or minimum is None or maximum >= minimum:
        return _optional_amount_fault(maximum)
    return f"{plain(maximum)} is below the {name} of {plain(minimum)}"


def _count_fault(tiers: Sequence[object]) -> str | None:
    return None if 1 <= len(tiers) <= tiers_max else f"has {len(tiers)} tiers; use 1 to {tiers_max}"


def _block_faults(tiers: Sequence[BlockTier]) -> Iterator[Fault]:
    if fault := _count_fault(tiers):
        yield "tiers", fault
    for index, tier in enumerate(tiers[:-1]):
        if tier.blocks_in_tier is None:
            yield from beneath(f"tiers[{index}]", [("blocks_in_tier", "is missing; only the last tier is open")])


def _capacity_faults(tiers: Sequence[CapacityTier]) -> Iterator[Fault]:
    """Tiers that are never chosen, because an earlier one holds whenever they do."""
    for index, tier in enumerate(tiers):
        for earlier in range(index):
            if all(tier.limits.get(value, limit + 1) <= limit for value, limit in tiers[earlier].limits.items()):
                yield f"tiers[{index}].limits", f"are not above those of tiers[{earlier}], which comes first"


def _optional_amount_fault(amount: Decimal | None) -> str | None:
    return None if amount is None else amount_fault(amount)


def _optional_size_fault(size: Decimal | None) -> str | None:
    return None if size is None else size_fault(size)
