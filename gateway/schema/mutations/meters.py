"""Mutations that declare event types and create meters."""

from datetime import datetime
from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.meters import Aggregation, UncountableRule
from gateway.core.time import instant_text
from gateway.schema.context import Info, asked_to_change
from gateway.schema.paths import place_of
from gateway.schema.types.meter import Meter
from gateway.schema.types.payload import Payload, attempt
from gateway.services.define import apply_definitions

Names = Annotated[list[str], strawberry.argument(description="The event types; those declared before stay.")]


@strawberry.input
class MeterFilterInput:
    """Count only events whose property has one of some values."""

    property: str = strawberry.field(description="The property of the event.")
    values: list[str] = strawberry.field(description="The values that count, compared as text.")


@strawberry.input
class CreateMeterInput:
    """A meter, or a new version of one."""

    key: str = strawberry.field(description="The name that prices and queries use: a-z, 0-9, dash, dot, underscore.")
    name: str = strawberry.field(description="The name that people read.")
    event_type: str = strawberry.field(description="The type of the events it reads.")
    aggregation: Aggregation = strawberry.field(description="How values fold into one quantity.")
    unit: str = strawberry.field(description="What one of its quantity is, such as `mile`.")
    value: str | None = strawberry.field(default=None, description="The property it reads; a count reads none.")
    dimensions: list[str] = strawberry.field(
        default_factory=list, description="The properties by which its quantity is told apart."
    )
    filters: list[MeterFilterInput] = strawberry.field(
        default_factory=list, description="What an event must fulfil to count; all of them."
    )
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
            "filters": [{"property": rule.property, "values": rule.values} for rule in self.filters],
            "on_missing": self.on_missing.value,
            "on_invalid": self.on_invalid.value,
        }
        optional = {
            "value": self.value,
            "effective_from": None if self.effective_from is None else instant_text(self.effective_from),
        }
        return document | {name: value for name, value in optional.items() if value is not None}


NewMeter = Annotated[CreateMeterInput, strawberry.argument(name="input", description="The meter.")]


@strawberry.type
class DeclareEventTypesPayload(Payload):
    """The declared event types."""

    event_types: list[str] | None = strawberry.field(description="All of them; null if it was refused.")


@strawberry.type
class CreateMeterPayload(Payload):
    """The meter."""

    meter: Meter | None = strawberry.field(description="With all its versions; null if it was refused.")


@strawberry.type
class MeterMutations:
    """What is counted."""

    @strawberry.mutation
    async def declare_event_types(self, info: Info, names: Names) -> DeclareEventTypesPayload:
        """Declare event types; events of others are kept aside. Scope: billing."""
        installation = asked_to_change(info, Scope.BILLING).installation

        def declare() -> list[str]:
            apply_definitions(installation, {"event_types": names})
            return sorted(installation.storage.read(lambda unit: unit.definitions.event_types()))

        done = await attempt(declare, lambda path: place_of(path, "event_types", "names"))
        return DeclareEventTypesPayload(event_types=done.value, user_errors=done.errors)

    @strawberry.mutation
    async def create_meter(self, info: Info, meter: NewMeter) -> CreateMeterPayload:
        """Create a meter, or a new version of one; the same again changes nothing. Scope: billing."""
        installation = asked_to_change(info, Scope.BILLING).installation

        def create() -> Meter:
            apply_definitions(installation, {"meters": [meter.to_core()]})
            return Meter.from_core(installation.storage.read(lambda unit: unit.definitions.meters()[meter.key]))

        done = await attempt(create, lambda path: place_of(path, "meters[0]", "input"))
        return CreateMeterPayload(meter=done.value, user_errors=done.errors)
