"""Meters: how events become a quantity."""

from datetime import datetime
from typing import Self

import strawberry

from gateway.core import meters as core
from gateway.schema.types.page import Node


@strawberry.type
class MeterFilter:
    """Counts only events whose property has one of some values."""

    property: str = strawberry.field(description="The property of the event.")
    values: list[str] = strawberry.field(description="The values that count, compared as text.")

    @classmethod
    def from_core(cls, rule: core.Filter) -> Self:
        """The same rule."""
        return cls(property=rule.property, values=list(rule.values))


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
