"""Price models as they are sent."""

from decimal import Decimal

import strawberry

from gateway.core.faults import repeated, require_none
from gateway.core.plans.price_models import PackageRounding


@strawberry.input
class FlatFeeInput:
    """An amount for the passing of a period."""

    amount: Decimal = strawberry.field(description="For a whole period, in the plan's currency.")

    def to_core(self) -> dict[str, object]:
        """The model as a definition document has it."""
        return {"amount": f"{self.amount:f}"}


@strawberry.input
class PerUnitInput:
    """Every unit at the same price."""

    unit_amount: Decimal = strawberry.field(description="For each unit, in the plan's currency.")

    def to_core(self) -> dict[str, object]:
        """The model as a definition document has it."""
        return {"unit_amount": f"{self.unit_amount:f}"}


@strawberry.input
class TierInput:
    """Units up to a bound, and what they cost."""

    unit_amount: Decimal = strawberry.field(description="For each unit, in the plan's currency.")
    up_to: Decimal | None = strawberry.field(default=None, description="The last quantity in it; not in the last tier.")
    flat_amount: Decimal | None = strawberry.field(default=None, description="Once, as soon as the tier is entered.")
    cap_amount: Decimal | None = strawberry.field(default=None, description="The most that the tier comes to.")

    def to_core(self) -> dict[str, object]:
        """The tier as a definition document has it."""
        return texts(
            up_to=self.up_to, unit_amount=self.unit_amount, flat_amount=self.flat_amount, cap_amount=self.cap_amount
        )


@strawberry.input
class TiersInput:
    """Tiers that cover every quantity."""

    tiers: list[TierInput] = strawberry.field(description="From the lowest quantity up; the last one has no bound.")

    def to_core(self) -> dict[str, object]:
        """The model as a definition document has it."""
        return {"tiers": [tier.to_core() for tier in self.tiers]}


@strawberry.input
class PackageInput:
    """An amount for every package of units."""

    package_size: Decimal = strawberry.field(description="How many units are in a package.")
    package_amount: Decimal = strawberry.field(description="For each package, in the plan's currency.")
    rounding: PackageRounding = strawberry.field(
        default=PackageRounding.UP, description="What a started package counts as."
    )

    def to_core(self) -> dict[str, object]:
        """The model as a definition document has it."""
        sizes = texts(package_size=self.package_size, package_amount=self.package_amount)
        return {**sizes, "rounding": self.rounding.value}


@strawberry.input
class MatrixAmountInput:
    """What a unit costs where the dimension has a value."""

    value: str = strawberry.field(description="The value of the dimension.")
    unit_amount: Decimal = strawberry.field(description="For each unit, in the plan's currency.")


@strawberry.input
class MatrixInput:
    """A unit price for each value of a dimension."""

    dimension: str = strawberry.field(description="The meter's dimension.")
    unit_amounts: list[MatrixAmountInput] = strawberry.field(description="By value; each value once.")
    default_unit_amount: Decimal | None = strawberry.field(default=None, description="For values not listed.")

    def to_core(self) -> dict[str, object]:
        """The model as a definition document has it. Raises `InvalidDefinition` for a value listed twice."""
        require_none(
            (f"unit_amounts.{value}", "is listed twice")
            for _, value in repeated(each.value for each in self.unit_amounts)
        )
        amounts = {each.value: f"{each.unit_amount:f}" for each in self.unit_amounts}
        default = texts(default_unit_amount=self.default_unit_amount)
        return {"dimension": self.dimension, "unit_amounts": amounts, **default}


@strawberry.input
class PercentageInput:
    """A percentage of each transaction's value, with a fixed amount, an allowance and limits for a transaction."""

    rate_percent: Decimal = strawberry.field(description="Of the value; 2.9 is 2.9 percent.")
    fixed_amount: Decimal | None = strawberry.field(default=None, description="For each one that is not free.")
    free_transactions: int = strawberry.field(default=0, description="How many are free; 0 is no such allowance.")
    free_amount: Decimal | None = strawberry.field(default=None, description="Up to which value they are free.")
    transaction_minimum: Decimal | None = strawberry.field(default=None, description="The least that one costs.")
    transaction_maximum: Decimal | None = strawberry.field(default=None, description="The most that one costs.")

    def to_core(self) -> dict[str, object]:
        """The model as a definition document has it."""
        amounts = texts(
            rate_percent=self.rate_percent,
            fixed_amount=self.fixed_amount,
            free_amount=self.free_amount,
            transaction_minimum=self.transaction_minimum,
            transaction_maximum=self.transaction_maximum,
        )
        return {**amounts, "free_transactions": self.free_transactions}


@strawberry.input
class PercentageTierInput:
    """A value up to a bound, and which part of it is charged."""

    rate_percent: Decimal = strawberry.field(description="Of the value in the tier.")
    up_to: Decimal | None = strawberry.field(default=None, description="The last value in it; not in the last tier.")
    flat_amount: Decimal | None = strawberry.field(default=None, description="Once, as soon as the tier is entered.")

    def to_core(self) -> dict[str, object]:
        """The tier as a definition document has it."""
        return texts(up_to=self.up_to, rate_percent=self.rate_percent, flat_amount=self.flat_amount)


@strawberry.input
class PercentageTiersInput:
    """Tiers that cover every value."""

    tiers: list[PercentageTierInput] = strawberry.field(description="From the lowest up; the last one has no bound.")

    def to_core(self) -> dict[str, object]:
        """The model as a definition document has it."""
        return {"tiers": [tier.to_core() for tier in self.tiers]}


@strawberry.input
class BlockTierInput:
    """Blocks of units, and what a block costs; a started block counts as a whole one."""

    block_size: Decimal = strawberry.field(description="How many units are in a block.")
    block_amount: Decimal = strawberry.field(description="For each block, in the plan's currency.")
    blocks_in_tier: int | None = strawberry.field(default=None, description="How many blocks the tier has.")

    def to_core(self) -> dict[str, object]:
        """The tier as a definition document has it."""
        amounts = texts(block_size=self.block_size, block_amount=self.block_amount)
        return {**amounts, "blocks_in_tier": self.blocks_in_tier}


@strawberry.input
class BlockTiersInput:
    """Tiers of blocks; only the last one may be without an end."""

    tiers: list[BlockTierInput] = strawberry.field(description="From the lowest quantity up.")

    def to_core(self) -> dict[str, object]:
        """The model as a definition document has it."""
        return {"tiers": [tier.to_core() for tier in self.tiers]}


@strawberry.input
class QuantityLimitInput:
    """The most that a quantity may be."""

    up_to: Decimal = strawberry.field(description="The last quantity within it.")
    value: str = strawberry.field(default="", description="The value of the dimension; not without a dimension.")


@strawberry.input
class CapacityTierInput:
    """Limits, and what it costs in all as long as they hold."""

    amount: Decimal = strawberry.field(description="In all, in the plan's currency.")
    limits: list[QuantityLimitInput] = strawberry.field(
        default_factory=list, description="Of the quantities, each value once; what is not named has none."
    )

    def to_core(self) -> dict[str, object]:
        """The tier as a definition document has it. Raises `InvalidDefinition` for a value limited twice."""
        require_none((f"limits.{each}", "is limited twice") for _, each in repeated(one.value for one in self.limits))
        limits = {each.value: f"{each.up_to:f}" for each in self.limits}
        return {"amount": f"{self.amount:f}", "limits": limits}


@strawberry.input
class StairstepInput:
    """One amount in all: that of the first tier whose limits hold."""

    tiers: list[CapacityTierInput] = strawberry.field(description="From the lowest limits up.")
    dimension: str | None = strawberry.field(default=None, description="Whose values' quantities are limited.")

    def to_core(self) -> dict[str, object]:
        """The model as a definition document has it."""
        return {"dimension": self.dimension, "tiers": [tier.to_core() for tier in self.tiers]}


@strawberry.input
class DynamicInput:
    """What the events themselves say that they cost."""

    amount_places: int = strawberry.field(
        default=0, description="Of the currency's major unit; 2 reads amounts in cents."
    )

    def to_core(self) -> dict[str, object]:
        """The model as a definition document has it."""
        return {"amount_places": self.amount_places}


@strawberry.input
class CostPlusInput:
    """What the usage cost, times a factor."""

    multiplier: Decimal = strawberry.field(description="By which the cost is multiplied.")

    def to_core(self) -> dict[str, object]:
        """The model as a definition document has it."""
        return texts(multiplier=self.multiplier)


def texts(**numbers: Decimal | None) -> dict[str, object]:
    """The numbers that are given as text, with the places as written."""
    return {name: f"{number:f}" for name, number in numbers.items() if number is not None}
