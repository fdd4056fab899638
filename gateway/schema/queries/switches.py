"""Queries for switches to other providers, and for the shadow run before them."""

from datetime import datetime
from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.shadow import Parity
from gateway.core.switching import Switch, SwitchProgress
from gateway.schema.context import Info, asked_by_company
from gateway.schema.types.page import After, Connection, First, check_size, page_size_default
from gateway.schema.types.provider_switch import SWITCHES, ProviderSwitch, ShadowParity, place_of
from gateway.schema.types.switch_plan import ProviderSwitchPlan
from gateway.services.shadow_report import parity_since, reported_for

Since = Annotated[
    datetime | None, strawberry.argument(description="Of invoices finalized since then; of 31 days without it.")
]

PlanId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The plan's id.")]


@strawberry.type
class SwitchQueries:
    """How far customers are on their way to another provider."""

    @strawberry.field
    async def provider_switches(
        self, info: Info, first: First = page_size_default, after: After = None
    ) -> Connection[ProviderSwitch]:
        """Switches of customers to other connections, newest first; not for customer tokens. Scope: finance."""
        context = asked_by_company(info, Scope.FINANCE)
        size, begin = check_size(first), place_of(SWITCHES.after(after))
        switches = await context.read(lambda unit: unit.switches.page(begin, size))
        progress = await context.read(lambda unit: unit.switches.progress([each.id for each in switches]))
        return Connection.of(SWITCHES.page(switches, first, after), lambda each: _shown(each, progress))

    @strawberry.field
    async def provider_switch_plan(self, info: Info, plan_id: PlanId) -> ProviderSwitchPlan | None:
        """A plan that `planProviderSwitch` has asked for; not for customer tokens. Scope: finance."""
        context = asked_by_company(info, Scope.FINANCE)
        found = await context.read(lambda unit: unit.switch_plans.by_ids([plan_id]))
        return ProviderSwitchPlan.from_core(found[plan_id]) if plan_id in found else None

    @strawberry.field
    async def shadow_parity(self, info: Info, since: Since = None) -> ShadowParity:
        """What the shadow run found; not for customer tokens. Scope: finance."""
        context = asked_by_company(info, Scope.FINANCE)
        connection = context.installation.shadow
        begin = since or context.installation.business_clock.now() - reported_for
        if connection is None:
            return ShadowParity.from_core(None, begin, Parity())
        parity: Parity = await context.read(lambda unit: parity_since(unit, connection, begin))
        return ShadowParity.from_core(connection, begin, parity)


def _shown(switch: Switch, progress: dict[str, SwitchProgress]) -> ProviderSwitch:
    return ProviderSwitch.from_core(switch, progress.get(switch.id, SwitchProgress()))
