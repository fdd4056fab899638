"""The price models: how a quantity, or the passing of a period, becomes money."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Self

import strawberry

from gateway.core.plans import price_models as core


@strawberry.type
class FlatFee:
    """An amount for the passing of a period, prorated by time in a shorter one."""

    amount: Decimal = strawberry.field(description="For a whole period, in the plan's currency.")


@strawberry.type
class PerUnit:
    """Every unit at the same price."""

    unit_amount: Decimal = strawberry.field(description="For each unit, in the plan's currency.")


@strawberry.type
class Tier:
    """Units up to a bound, and what they cost."""

    up_to: Decimal | None = strawberry.field(description="The last quantity in the tier; null in the last tier.")
    unit_amount: Decimal = strawberry.field(description="For each unit, in the plan's currency.")
    flat_amount: Decimal = strawberry.field(description="Once, as soon as the tier is entered.")
    cap_amount: Decimal | None = strawberry.field(description="The most that the tier comes to; null if there is none.")

    @classmethod
    def list_from(cls, tiers: Sequence[core.Tier]) -> list[Self]:
        """The same tiers."""
        return [
            cls(
                up_to=tier.up_to,
                unit_amount=tier.unit_amount,
                flat_amount=tier.flat_amount,
                cap_amount=tier.cap_amount,
            )
            for tier in tiers
        ]


@strawberry.type
class Graduated:
    """Each unit at the price of the tier it falls into."""

    tiers: list[Tier] = strawberry.field(description="From the lowest quantity up.")


@strawberry.type
class Volume:
    """All units at the price of the tier that the whole quantity falls into."""

    tiers: list[Tier] = strawberry.field(description="From the lowest quantity up.")


@strawberry.type
class Package:
    """An amount for every package of units."""

    package_size: Decimal = strawberry.field(description="How many units are in a package.")
    package_amount: Decimal = strawberry.field(description="For each package, in the plan's currency.")
    rounding: core.PackageRounding = strawberry.field(description="What a started package counts as.")


@strawberry.type
class MatrixAmount:
    """What a unit costs where the dimension has a value."""

    value: str = strawberry.field(description="The value of the dimension.")
    unit_amount: Decimal = strawberry.field(description="For each unit, in the plan's currency.")


@strawberry.type
class Matrix:
    """A unit price for each value of a dimension."""

    dimension: str = strawberry.field(description="The meter's dimension.")
    unit_amounts: list[MatrixAmount] = strawberry.field(description="By value.")
    default_unit_amount: Decimal | None = strawberry.field(description="For values not listed; null if they have none.")


@strawberry.type
class Percentage:
    """A percentage of each transaction's value, with a fixed amount, an allowance and limits for a transaction."""

    rate_percent: Decimal = strawberry.field(description="Of the value; 2.9 is 2.9 percent.")
    fixed_amount: Decimal = strawberry.field(description="For each transaction that is not free.")
    free_transactions: int = strawberry.field(description="How many are free; 0 is no such allowance.")
    free_amount: Decimal = strawberry.field(description="Up to which value they are free; 0 is no such allowance.")
    transaction_minimum: Decimal | None = strawberry.field(description="The least that a transaction costs.")
    transaction_maximum: Decimal | None = strawberry.field(description="The most that a transaction costs.")


@strawberry.type
class PercentageTier:
    """A value up to a bound, and which part of it is charged."""

    up_to: Decimal | None = strawberry.field(description="The last value in the tier; null in the last tier.")
    rate_percent: Decimal = strawberry.field(description="Of the value in the tier.")
    flat_amount: Decimal = strawberry.field(description="Once, as soon as the tier is entered.")


@strawberry.type
class GraduatedPercentage:
    """Each part of a value at the rate of the tier it falls into."""

    tiers: list[PercentageTier] = strawberry.field(description="From the lowest value up.")


@strawberry.type
class BlockTier:
    """Blocks of units, and what a block costs; a started block counts as a whole one."""

    block_size: Decimal = strawberry.field(description="How many units are in a block.")
    block_amount: Decimal = strawberry.field(description="For each block, in the plan's currency.")
    blocks_in_tier: Decimal | None = strawberry.field(description="How many blocks the tier has; null if it is open.")

    @classmethod
    def list_from(cls, tiers: Sequence[core.BlockTier]) -> list[Self]:
        """The same tiers."""
        return [
            cls(
                block_size=tier.block_size,
                block_amount=tier.block_amount,
                blocks_in_tier=None if tier.blocks_in_tier is None else Decimal(tier.blocks_in_tier),
            )
            for tier in tiers
        ]


@strawberry.type
class BlockTiersAll:
    """Blocks at the price of the tier they fall into, rounded up in each tier."""

    tiers: list[BlockTier] = strawberry.field(description="From the lowest quantity up.")


@strawberry.type
class BlockTiersTop:
    """All blocks at the price of the highest tier that the quantity enters."""

    tiers: list[BlockTier] = strawberry.field(description="From the lowest quantity up.")


@strawberry.type
class QuantityLimit:
    """The most that a quantity may be."""

    value: str = strawberry.field(description="The value of the dimension; empty where the price has no dimension.")
    up_to: Decimal = strawberry.field(description="The last quantity within it.")


@strawberry.type
class CapacityTier:
    """Limits, and what it costs in all as long as they hold."""

    limits: list[QuantityLimit] = strawberry.field(description="Of the quantities; what is not named has none.")
    amount: Decimal = strawberry.field(description="In all, in the plan's currency.")

    @classmethod
    def list_from(cls, tiers: Sequence[core.CapacityTier]) -> list[Self]:
        """The same tiers."""
        return [
            cls(
                limits=[QuantityLimit(value=value, up_to=limit) for value, limit in tier.limits.items()],
                amount=tier.amount,
            )
            for tier in tiers
        ]


@strawberry.type
class Stairstep:
    """One amount in all: that of the first tier whose limits hold."""

    limited_dimension: str | None = strawberry.field(
        description="Whose values' quantities are limited; null for the quantity."
    )
    tiers: list[CapacityTier] = strawberry.field(description="From the lowest limits up.")


@strawberry.type
class Dynamic:
    """What the events themselves say that they cost."""

    amount_places: int = strawberry.field(description="Of the currency's major unit; 2 reads amounts in cents.")


@strawberry.type
class CostPlus:
    """What the usage cost, times a factor."""

    multiplier: Decimal = strawberry.field(description="By which the cost is multiplied.")


_Model = (
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
PriceModel = Annotated[
    _Model,
    strawberry.union("PriceModel", description="How a quantity, or the passing of a period, becomes money."),
]


def price_model_from(model: core.PriceModel) -> _Model:
    """The same model."""
    match model:
        case core.FlatFee(amount):
            return FlatFee(amount=amount)
        case core.PerUnit(unit_amount):
            return PerUnit(unit_amount=unit_amount)
        case core.Package(size, amount, rounding):
            return Package(package_size=size, package_amount=amount, rounding=rounding)
        case core.Dynamic(places):
            return Dynamic(amount_places=places)
        case core.CostPlus(multiplier):
            return CostPlus(multiplier=multiplier)
        case _:
            return _longer_from(model)


_Tiered = (
    core.Graduated | core.Volume | core.GraduatedPercentage | core.BlockTiersAll | core.BlockTiersTop | core.Stairstep
)


def _longer_from(model: core.Matrix | core.Percentage | _Tiered) -> _Model:
    match model:
        case core.Matrix(dimension, amounts, default):
            listed = [MatrixAmount(value=value, unit_amount=amount) for value, amount in amounts.items()]
            return Matrix(dimension=dimension, unit_amounts=listed, default_unit_amount=default)
        case core.Percentage():
            return Percentage(
                rate_percent=model.rate_percent,
                fixed_amount=model.fixed_amount,
                free_transactions=model.free_transactions,
                free_amount=model.free_amount,
                transaction_minimum=model.transaction_minimum,
                transaction_maximum=model.transaction_maximum,
            )
        case _:
            return _tiered_from(model)


def _tiered_from(model: _Tiered) -> _Model:
    match model:
        case core.Graduated(tiers):
            return Graduated(tiers=Tier.list_from(tiers))
        case core.Volume(tiers):
            return Volume(tiers=Tier.list_from(tiers))
        case core.GraduatedPercentage(rates):
            return GraduatedPercentage(tiers=[_percentage_tier_from(tier) for tier in rates])
        case core.BlockTiersAll(blocks):
            return BlockTiersAll(tiers=BlockTier.list_from(blocks))
        case core.BlockTiersTop(blocks):
            return BlockTiersTop(tiers=BlockTier.list_from(blocks))
        case core.Stairstep(capacities, dimension):
            return Stairstep(limited_dimension=dimension, tiers=CapacityTier.list_from(capacities))


def _percentage_tier_from(tier: core.PercentageTier) -> PercentageTier:
    return PercentageTier(up_to=tier.up_to, rate_percent=tier.rate_percent, flat_amount=tier.flat_amount)
