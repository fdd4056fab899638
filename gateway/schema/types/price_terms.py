"""The terms of a price beside its model."""

from decimal import Decimal
from typing import Self

import strawberry

from gateway.core.metering.quantities import ConversionOperation, RoundingMode
from gateway.core.plans import price_terms as core


@strawberry.type
class PriceConversion:
    """The unit that is billed, in terms of the one that the meter counts."""

    operation: ConversionOperation = strawberry.field(description="How the factor takes one to the other.")
    factor: Decimal = strawberry.field(description="By which it is divided or multiplied.")
    rounding: RoundingMode | None = strawberry.field(description="Where parts of a step go; null if they are billed.")
    places: int = strawberry.field(description="How small a step is: 0 are whole units, 2 hundredths, -2 hundreds.")


@strawberry.type
class PriceTerms:
    """What happens to a quantity before it is rated, and to the amount afterwards, in the order of the fields."""

    conversion: PriceConversion | None = strawberry.field(description="To the unit that is billed.")
    included_units: Decimal = strawberry.field(description="How many of these units are free in each period.")
    zero_usage_is_free: bool = strawberry.field(description="Whether no usage costs nothing, flat amounts included.")
    discount_percent: Decimal = strawberry.field(description="What is taken off the amount.")
    maximum_amount: Decimal | None = strawberry.field(description="The most that a period costs.")
    minimum_amount: Decimal | None = strawberry.field(description="The least that a period costs.")

    @classmethod
    def from_core(cls, terms: core.PriceTerms) -> Self:
        """The same terms."""
        return cls(
            conversion=_conversion_from(terms),
            included_units=terms.included_units,
            zero_usage_is_free=terms.zero_usage_is_free,
            discount_percent=terms.discount_percent,
            maximum_amount=terms.maximum_amount,
            minimum_amount=terms.minimum_amount,
        )


def _conversion_from(terms: core.PriceTerms) -> PriceConversion | None:
    if terms.conversion is None:
        return None
    return PriceConversion(
        operation=terms.conversion.operation,
        factor=terms.conversion.factor,
        rounding=terms.rounding.mode if terms.rounding else None,
        places=terms.rounding.places if terms.rounding else 0,
    )
