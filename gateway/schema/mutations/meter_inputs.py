"""How a meter is described in a mutation: the keys of a definitions file."""

from datetime import datetime
from decimal import Decimal

import strawberry

from gateway.core.metering.meter import Aggregation, TimeUnit, UncountableRule
from gateway.core.metering.quantities import ConversionOperation, RoundingMode
from gateway.core.periods.windows import Window
from gateway.core.time import instant_text


@strawberry.input
class MeterFilterInput:
    """Count only events whose property has one of some values."""

    property: str = strawberry.field(description="The property of the event.")
    values: list[str] = strawberry.field(default_factory=list, description="The values that count, compared as text.")
    or_missing: bool = strawberry.field(default=False, description="Whether events without the property count too.")

    def to_core(self) -> dict[str, object]:
        """The filter as a definition document has it."""
        return {"property": self.property, "values": self.values, "or_missing": self.or_missing}


@strawberry.input
class MeterExclusionInput:
    """Leave out events that pass all of some filters."""

    filters: list[MeterFilterInput] = strawberry.field(description="What an event must fulfil to be left out.")

    def to_core(self) -> dict[str, object]:
        """The exclusion as a definition document has it."""
        return {"filters": [rule.to_core() for rule in self.filters]}


@strawberry.input
class MeterConversionInput:
    """The billed unit in terms of the one that is measured."""

    operation: ConversionOperation = strawberry.field(description="How the factor takes one to the other.")
    factor: Decimal = strawberry.field(description="By which the quantity is divided or multiplied.")

    def to_core(self) -> dict[str, object]:
        """The conversion as a definition document has it."""
        return {f"{self.operation}_by": f"{self.factor:f}"}


@strawberry.input
class MeterRoundingInput:
    """How the quantity is rounded before it is rated."""

    mode: RoundingMode = strawberry.field(description="Where parts of a step go.")
    places: int = strawberry.field(default=0, description="How small a step is: 0 are whole units, -2 hundreds.")

    def to_core(self) -> dict[str, object]:
        """The rounding as a definition document has it."""
        return {"mode": self.mode.value, "places": self.places}


@strawberry.input
class CreateMeterInput:
    """A meter, or a new version of one."""

    key: str = strawberry.field(description="The name that prices and queries use: a-z, 0-9, dash, dot, underscore.")
    name: str = strawberry.field(description="The name that people read.")
    event_type: str = strawberry.field(description="The type of the events it reads.")
    aggregation: Aggregation = strawberry.field(description="How values fold into one quantity.")
    unit: str = strawberry.field(description="What one of its quantity is, such as `mile`.")
    value: str | None = strawberry.field(default=None, description="The property it reads; a count reads none.")
    expression: str | None = strawberry.field(default=None, description="Arithmetic over properties instead.")
    dimensions: list[str] = strawberry.field(
        default_factory=list, description="The properties by which its quantity is told apart."
    )
    dimension_values_max: int | None = strawberry.field(
        default=None, description="Combinations of dimension values that a period may have; 10000 by default."
    )
    tolerance: str | None = strawberry.field(
        default=None,
        description="How far both counts of a period may be apart, such as `10` or `0.5%`; nothing by default.",
    )
    quantity_max: Decimal | None = strawberry.field(
        default=None, description="What a period comes to at most, for each combination of dimensions; more is held."
    )
    filters: list[MeterFilterInput] = strawberry.field(
        default_factory=list, description="What an event must fulfil to count; all of them."
    )
    exclude: list[MeterExclusionInput] = strawberry.field(
        default_factory=list, description="What leaves an event out; any of them."
    )
    recurring: bool = strawberry.field(
        default=False, description="Whether it carries on what earlier periods ended with."
    )
    prorated_by_day: bool = strawberry.field(
        default=False, description="Whether values count by the share of days they are there."
    )
    operation: str | None = strawberry.field(
        default=None, description="The property that says `add` or `remove`, in a unique count."
    )
    window: Window | None = strawberry.field(
        default=None, description="The windows whose sums or greatest values are folded."
    )
    percentile: Decimal | None = strawberry.field(default=None, description="Which percentile: above 0, up to 100.")
    time_unit: TimeUnit | None = strawberry.field(
        default=None, description="What the level of a weighted sum is held for; without it, its average."
    )
    conversion: MeterConversionInput | None = strawberry.field(default=None, description="To the unit that is billed.")
    rounding: MeterRoundingInput | None = strawberry.field(default=None, description="Of the quantity.")
    on_missing: UncountableRule = strawberry.field(
        default=UncountableRule.HOLD, description="What an event without the property does."
    )
    on_invalid: UncountableRule = strawberry.field(
        default=UncountableRule.HOLD, description="What an event with a useless value does."
    )
    effective_from: datetime | None = strawberry.field(
        default=None, description="From when a new version counts; needed where the meter exists and differs."
    )

    def to_core(self) -> dict[str, object]:
        """The meter as a definition document has it."""
        document: dict[str, object] = {
            "key": self.key,
            "name": self.name,
            "event_type": self.event_type,
            "aggregation": self.aggregation.value,
            "unit": self.unit,
            "dimensions": self.dimensions,
            "filters": [rule.to_core() for rule in self.filters],
            "exclude": [exclusion.to_core() for exclusion in self.exclude],
            "recurring": self.recurring,
            "prorated_by_day": self.prorated_by_day,
            "on_missing": self.on_missing.value,
            "on_invalid": self.on_invalid.value,
        }
        return document | {name: value for name, value in self._optional().items() if value is not None}

    def _optional(self) -> dict[str, object]:
        return {
            "value": self.value,
            "expression": self.expression,
            "dimension_values_max": self.dimension_values_max,
            "tolerance": self.tolerance,
            "quantity_max": None if self.quantity_max is None else f"{self.quantity_max:f}",
            "operation": self.operation,
            "window": self.window and self.window.value,
            "percentile": None if self.percentile is None else f"{self.percentile:f}",
            "time_unit": self.time_unit and self.time_unit.value,
            "conversion": self.conversion and self.conversion.to_core(),
            "rounding": self.rounding and self.rounding.to_core(),
            "effective_from": None if self.effective_from is None else instant_text(self.effective_from),
        }
