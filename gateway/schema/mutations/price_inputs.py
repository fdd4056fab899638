"""Prices as they are sent: one of the models, with a key and a name."""

from decimal import Decimal

import strawberry

from gateway.core.faults import repeated, require_none
from gateway.core.plan_definitions import ModelName
from gateway.core.plans import PackageRounding, Timing


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

    def to_core(self) -> dict[str, object]:
        """The tier as a definition document has it."""
        return texts(up_to=self.up_to, unit_amount=self.unit_amount, flat_amount=self.flat_amount)


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


@strawberry.input(one_of=True)
class PriceModelInput:
    """Exactly one of the models."""

    flat: FlatFeeInput | None = strawberry.field(default=strawberry.UNSET, description="A fee for a period.")
    per_unit: PerUnitInput | None = strawberry.field(default=strawberry.UNSET, description="Every unit alike.")
    graduated: TiersInput | None = strawberry.field(default=strawberry.UNSET, description="Each unit by its tier.")
    volume: TiersInput | None = strawberry.field(default=strawberry.UNSET, description="All units by the last tier.")
    package: PackageInput | None = strawberry.field(default=strawberry.UNSET, description="By packages.")
    matrix: MatrixInput | None = strawberry.field(default=strawberry.UNSET, description="By a dimension.")

    @property
    def name(self) -> ModelName:
        """Which one it is."""
        return next(name for name in ModelName if getattr(self, name.value))

    def to_core(self) -> dict[str, object]:
        """The model as a definition document has it."""
        return {"model": self.name.value, **getattr(self, self.name.value).to_core()}


@strawberry.input
class PriceInput:
    """One rule that turns a meter's quantity, or the passing of a period, into money."""

    key: str = strawberry.field(description="The name that invoice lines use.")
    name: str = strawberry.field(description="The name that people read.")
    model: PriceModelInput = strawberry.field(description="How it becomes money.")
    meter: str | None = strawberry.field(default=None, description="The meter it rates, by key; a flat fee has none.")
    timing: Timing = strawberry.field(default=Timing.IN_ARREARS, description="When it is billed.")

    def to_core(self) -> dict[str, object]:
        """The price as a definition document has it."""
        meter = {} if self.meter is None else {"meter": self.meter}
        return {"key": self.key, "name": self.name, "timing": self.timing.value, **meter, **self.model.to_core()}


def texts(**numbers: Decimal | None) -> dict[str, object]:
    """The numbers that are given as text, with the places as written."""
    return {name: f"{number:f}" for name, number in numbers.items() if number is not None}
