"""The price models: how a quantity, or the passing of a period, becomes money."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Self

import strawberry

from gateway.core import plans as core


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

    @classmethod
    def list_from(cls, tiers: Sequence[core.Tier]) -> list[Self]:
        """The same tiers."""
        return [cls(up_to=tier.up_to, unit_amount=tier.unit_amount, flat_amount=tier.flat_amount) for tier in tiers]


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


PriceModel = Annotated[
    FlatFee | PerUnit | Graduated | Volume | Package | Matrix,
    strawberry.union("PriceModel", description="How a quantity, or the passing of a period, becomes money."),
]


def price_model_from(model: core.PriceModel) -> FlatFee | PerUnit | Graduated | Volume | Package | Matrix:
    """The same model."""
    match model:
        case core.FlatFee(amount):
            return FlatFee(amount=amount)
        case core.PerUnit(unit_amount):
            return PerUnit(unit_amount=unit_amount)
        case core.Graduated(tiers):
            return Graduated(tiers=Tier.list_from(tiers))
        case core.Volume(tiers):
            return Volume(tiers=Tier.list_from(tiers))
        case core.Package(size, amount, rounding):
            return Package(package_size=size, package_amount=amount, rounding=rounding)
        case core.Matrix(dimension, amounts, default):
            listed = [MatrixAmount(value=value, unit_amount=amount) for value, amount in amounts.items()]
            return Matrix(dimension=dimension, unit_amounts=listed, default_unit_amount=default)
