"""What a meter has beyond the ordinary: what it leaves out, and what becomes of its quantity."""

from decimal import Decimal
from typing import Self

import strawberry

from gateway.core.metering import meter as core
from gateway.core.metering import quantities
from gateway.core.metering.quantities import ConversionOperation, RoundingMode


@strawberry.type
class MeterFilter:
    """Counts only events whose property has one of some values."""

    property: str = strawberry.field(description="The property of the event.")
    values: list[str] = strawberry.field(description="The values that count, compared as text.")
    or_missing: bool = strawberry.field(description="Whether events without the property count too.")

    @classmethod
    def from_core(cls, rule: core.Filter) -> Self:
        """The same rule."""
        return cls(property=rule.property, values=list(rule.values), or_missing=rule.or_missing)


@strawberry.type
class MeterExclusion:
    """Leaves out events that pass all of its filters."""

    filters: list[MeterFilter] = strawberry.field(description="What an event must fulfil to be left out; all of them.")

    @classmethod
    def from_core(cls, rules: core.Exclusion) -> Self:
        """The same exclusion."""
        return cls(filters=[MeterFilter.from_core(rule) for rule in rules])


@strawberry.type
class MeterConversion:
    """The billed unit in terms of the one that is measured."""

    operation: ConversionOperation = strawberry.field(description="How the factor takes one to the other.")
    factor: Decimal = strawberry.field(description="By which the quantity is divided or multiplied.")

    @classmethod
    def from_core(cls, conversion: quantities.UnitConversion) -> Self:
        """The same conversion."""
        return cls(operation=conversion.operation, factor=conversion.factor)


@strawberry.type
class MeterRounding:
    """How the quantity is rounded before it is rated."""

    mode: RoundingMode = strawberry.field(description="Where parts of a step go.")
    places: int = strawberry.field(description="How small a step is: 0 are whole units, 2 hundredths, -2 hundreds.")

    @classmethod
    def from_core(cls, rounding: quantities.UnitRounding) -> Self:
        """The same rounding."""
        return cls(mode=rounding.mode, places=rounding.places)
