"""Mutations that declare event types and create meters."""

from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.schema.context import Info, asked_to_change
from gateway.schema.mutations.meter_inputs import CreateMeterInput
from gateway.schema.paths import place_of
from gateway.schema.types.meter import Meter
from gateway.schema.types.payload import Payload, attempt
from gateway.services.define import apply_definitions

Names = Annotated[list[str], strawberry.argument(description="The event types; those declared before stay.")]
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
