"""Meters: how events become a quantity."""

from datetime import datetime
from decimal import Decimal
from typing import Self

import strawberry

from gateway.core.metering import meter as core
from gateway.core.periods.windows import Window
from gateway.schema.types.meter_options import MeterConversion, MeterExclusion, MeterFilter, MeterRounding
from gateway.schema.types.page import Node


@strawberry.type
class MeterVersion:
    """A meter's immutable definition, in force for events that occurred from a date on."""

    version: int = strawberry.field(description="Counts from 1.")
    event_type: str = strawberry.field(description="The type of the events it reads.")
    aggregation: core.Aggregation = strawberry.field(description="How values fold into one quantity.")
    unit: str = strawberry.field(description="What one of its quantity is, such as `mile`.")
    value: str | None = strawberry.field(description="The property it reads; a count reads none.")
    dimensions: list[str] = strawberry.field(description="The properties by which its quantity is told apart.")
    filters: list[MeterFilter] = strawberry.field(description="What an event must fulfil to count; all of them.")
    exclude: list[MeterExclusion] = strawberry.field(description="What leaves an event out; any of them.")
    expression: str | None = strawberry.field(description="The arithmetic over properties that it reads instead.")
    dimension_values_max: int = strawberry.field(description="Combinations of dimension values that a period may have.")
    tolerance: str = strawberry.field(description="How far both counts may be apart: `0`, `10` or `0.5%`.")
    quantity_max: Decimal | None = strawberry.field(description="What a period comes to at most; more is held.")
    recurring: bool = strawberry.field(description="Whether it carries on what earlier periods ended with.")
    prorated_by_day: bool = strawberry.field(description="Whether values count by the share of days they are there.")
    operation: str | None = strawberry.field(description="The property that says `add` or `remove`, in a unique count.")
    window: Window | None = strawberry.field(description="The windows whose sums or greatest values are folded.")
    percentile: Decimal | None = strawberry.field(description="Which percentile; null for other aggregations.")
    time_unit: core.TimeUnit | None = strawberry.field(description="What a level is held for; null for its average.")
    conversion: MeterConversion | None = strawberry.field(description="To the unit that is billed.")
    rounding: MeterRounding | None = strawberry.field(description="Of the quantity; null keeps 12 places.")
    on_missing: core.UncountableRule = strawberry.field(description="What an event without the property does.")
    on_invalid: core.UncountableRule = strawberry.field(description="What an event with a useless value does.")
    effective_from: datetime = strawberry.field(description="Counts events that occurred from here on.")

    @classmethod
    def from_core(cls, version: core.MeterVersion) -> Self:
        """The same version."""
        return cls(
            version=version.version,
            event_type=version.event_type,
            aggregation=version.aggregation,
            unit=version.unit,
            value=version.value_property,
            dimensions=list(version.dimensions),
            filters=[MeterFilter.from_core(rule) for rule in version.filters],
            exclude=[MeterExclusion.from_core(rules) for rules in version.excludes],
            expression=version.expression.text if version.expression else None,
            dimension_values_max=version.dimension_values_max,
            tolerance=str(version.tolerance),
            quantity_max=version.quantity_max,
            recurring=version.recurring,
            prorated_by_day=version.prorated_by_day,
            operation=version.operation_property,
            window=version.window,
            percentile=version.percentile,
            time_unit=version.time_unit,
            conversion=MeterConversion.from_core(version.conversion) if version.conversion else None,
            rounding=MeterRounding.from_core(version.rounding) if version.rounding else None,
            on_missing=version.when_missing,
            on_invalid=version.when_invalid,
            effective_from=version.effective_from,
        )


@strawberry.type
class Meter(Node):
    """How events become a quantity."""

    key: str = strawberry.field(description="The name that prices and queries use.")
    name: str = strawberry.field(description="The name that people read.")
    versions: list[MeterVersion] = strawberry.field(description="All versions, oldest first.")

    @strawberry.field
    def current(self) -> MeterVersion:
        """The newest version."""
        return self.versions[-1]

    @strawberry.field
    def unit(self) -> str:
        """What one of its quantity is, by the newest version."""
        return self.versions[-1].unit

    @classmethod
    def from_core(cls, meter: core.Meter) -> Self:
        """The same meter."""
        return cls(
            id=strawberry.ID(f"meter:{meter.key}"),
            key=meter.key,
            name=meter.name,
            versions=[MeterVersion.from_core(version) for version in meter.versions],
        )
