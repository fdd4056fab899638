"""Queries for event types, meters and plans."""

from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.metering import meter as meters
from gateway.core.plans import plan as plans
from gateway.schema.context import Info, asked, asked_by_company
from gateway.schema.types.meter import Meter
from gateway.schema.types.page import (
    After,
    CountedConnection,
    First,
    Paging,
    constant,
    page_size_default,
)
from gateway.schema.types.plan import PlanVersion

METERS: Paging[meters.Meter] = Paging("meters", (str,), lambda meter: (meter.key,))
PLANS: Paging[plans.PlanVersion] = Paging("plans", (str, int), lambda plan: (plan.plan, plan.version))

MeterKey = Annotated[str, strawberry.argument(description="The meter's key.")]
PlanKey = Annotated[str, strawberry.argument(description="The plan's key.")]
Version = Annotated[int | None, strawberry.argument(description="Which version; the newest without it.")]
AllVersions = Annotated[bool, strawberry.argument(description="Every version instead of the newest of each plan.")]


@strawberry.type
class DefinitionQueries:
    """What is counted, and what it costs."""

    @strawberry.field
    async def event_types(self, info: Info) -> list[str]:
        """The declared event types."""
        return sorted(await asked_by_company(info, Scope.READ).read(lambda unit: unit.definitions.event_types()))

    @strawberry.field
    async def meters(
        self, info: Info, first: First = page_size_default, after: After = None
    ) -> CountedConnection[Meter]:
        """The meters by key; those that its own plans price for a customer token."""
        catalogue = await asked(info, Scope.READ).loaders.catalogue()
        page, count = METERS.slice(catalogue.meters.values(), first, after), constant(len(catalogue.meters))
        return CountedConnection.of(page, Meter.from_core, count=count)

    @strawberry.field
    async def meter(self, info: Info, key: MeterKey) -> Meter | None:
        """One meter."""
        found = (await asked(info, Scope.READ).loaders.catalogue()).meters.get(key)
        return Meter.from_core(found) if found else None

    @strawberry.field
    async def plans(
        self,
        info: Info,
        all_versions: AllVersions = False,
        first: First = page_size_default,
        after: After = None,
    ) -> CountedConnection[PlanVersion]:
        """The plans by key, in their newest versions; those it is subscribed to for a customer token."""
        catalogue = await asked(info, Scope.READ).loaders.catalogue()
        every = list(catalogue.plans.values()) if all_versions else catalogue.newest_plans()
        page = PLANS.slice(every, first, after)
        return CountedConnection.of(page, PlanVersion.from_core, count=constant(len(every)))

    @strawberry.field
    async def plan(self, info: Info, key: PlanKey, version: Version = None) -> PlanVersion | None:
        """One plan, in its newest version or another."""
        catalogue = await asked(info, Scope.READ).loaders.catalogue()
        every = catalogue.newest_plans() if version is None else catalogue.plans.values()
        found = (plan for plan in every if plan.plan == key and version in (None, plan.version))
        return next(map(PlanVersion.from_core, found), None)
