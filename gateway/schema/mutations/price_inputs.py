"""Prices as they are sent: one of the models, with a key and a name."""

from decimal import Decimal

import strawberry

from gateway.core.definitions.reading_prices import ModelName
from gateway.core.metering.quantities import ConversionOperation, RoundingMode
from gateway.core.plans.plan import Timing
from gateway.schema.mutations.price_model_inputs import (
    BlockTiersInput,
    CostPlusInput,
    DynamicInput,
    FlatFeeInput,
    MatrixInput,
    PackageInput,
    PercentageInput,
    PercentageTiersInput,
    PerUnitInput,
    StairstepInput,
    TiersInput,
    texts,
)


@strawberry.input(one_of=True)
class PriceModelInput:
    """Exactly one of the models."""

    flat: FlatFeeInput | None = strawberry.field(default=strawberry.UNSET, description="A fee for a period.")
    per_unit: PerUnitInput | None = strawberry.field(default=strawberry.UNSET, description="Every unit alike.")
    graduated: TiersInput | None = strawberry.field(default=strawberry.UNSET, description="Each unit by its tier.")
    volume: TiersInput | None = strawberry.field(default=strawberry.UNSET, description="All units by the last tier.")
    package: PackageInput | None = strawberry.field(default=strawberry.UNSET, description="By packages.")
    matrix: MatrixInput | None = strawberry.field(default=strawberry.UNSET, description="By a dimension.")
    percentage: PercentageInput | None = strawberry.field(default=strawberry.UNSET, description="Of transactions.")
    graduated_percentage: PercentageTiersInput | None = strawberry.field(
        default=strawberry.UNSET, description="Each part of a value by its tier."
    )
    block_tiers_all: BlockTiersInput | None = strawberry.field(
        default=strawberry.UNSET, description="Blocks, each by its tier."
    )
    block_tiers_top: BlockTiersInput | None = strawberry.field(
        default=strawberry.UNSET, description="Blocks, all by the highest tier."
    )
    stairstep: StairstepInput | None = strawberry.field(default=strawberry.UNSET, description="One amount in all.")
    dynamic: DynamicInput | None = strawberry.field(default=strawberry.UNSET, description="What the events say.")
    cost_plus: CostPlusInput | None = strawberry.field(default=strawberry.UNSET, description="By the cost.")

    @property
    def name(self) -> ModelName:
        """Which one it is."""
        return next(name for name in ModelName if getattr(self, name.value))

    def to_core(self) -> dict[str, object]:
        """The model as a definition document has it."""
        return {"model": self.name.value, **getattr(self, self.name.value).to_core()}


@strawberry.input
class PriceConversionInput:
    """The unit that is billed, in terms of the one that the meter counts."""

    factor: Decimal = strawberry.field(description="By which it is divided or multiplied.")
    operation: ConversionOperation = strawberry.field(
        default=ConversionOperation.DIVIDE, description="How the factor takes one to the other."
    )
    rounding: RoundingMode | None = strawberry.field(default=None, description="Where parts of a step go.")
    places: int = strawberry.field(default=0, description="How small a step is; 0 are whole units.")

    def to_core(self) -> dict[str, object]:
        """The conversion as a definition document has it."""
        by: dict[str, object] = {f"{self.operation}_by": f"{self.factor:f}"}
        return by if self.rounding is None else {**by, "rounding": self.rounding.value, "places": self.places}


@strawberry.input
class PriceTermsInput:
    """What happens to a quantity before it is rated, and to the amount afterwards, in this order."""

    conversion: PriceConversionInput | None = strawberry.field(default=None, description="To the unit that is billed.")
    included_units: Decimal | None = strawberry.field(default=None, description="How many are free in each period.")
    zero_usage_is_free: bool = strawberry.field(default=False, description="Whether no usage costs nothing at all.")
    discount_percent: Decimal | None = strawberry.field(default=None, description="What is taken off the amount.")
    maximum_amount: Decimal | None = strawberry.field(default=None, description="The most that a period costs.")
    minimum_amount: Decimal | None = strawberry.field(default=None, description="The least that a period costs.")

    def to_core(self) -> dict[str, object]:
        """The terms as a definition document has them, beside the model."""
        amounts = texts(
            included_units=self.included_units,
            discount_percent=self.discount_percent,
            maximum_amount=self.maximum_amount,
            minimum_amount=self.minimum_amount,
        )
        conversion = {} if self.conversion is None else {"conversion": self.conversion.to_core()}
        return {**conversion, **amounts, "zero_usage_is_free": self.zero_usage_is_free}


@strawberry.input
class PriceInput:
    """One rule that turns a meter's quantity, or the passing of a period, into money."""

    key: str = strawberry.field(description="The name that invoice lines use.")
    name: str = strawberry.field(description="The name that people read.")
    model: PriceModelInput = strawberry.field(description="How it becomes money.")
    meter: str | None = strawberry.field(default=None, description="The meter it rates, by key; a flat fee has none.")
    timing: Timing = strawberry.field(default=Timing.IN_ARREARS, description="When it is billed.")
    terms: PriceTermsInput | None = strawberry.field(default=None, description="What holds beside the model.")

    def to_core(self) -> dict[str, object]:
        """The price as a definition document has it."""
        meter = {} if self.meter is None else {"meter": self.meter}
        terms = {} if self.terms is None else self.terms.to_core()
        price = {"key": self.key, "name": self.name, "timing": self.timing.value, **meter}
        return {**price, **self.model.to_core(), **terms}
