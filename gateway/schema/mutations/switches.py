"""Mutations that switch customers to another provider."""

import json
from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.ports.storage import UnitOfWork
from gateway.core.switching import Switch
from gateway.schema.context import Info, asked_to_change
from gateway.schema.mutations.billing import IdempotencyKey
from gateway.schema.types.payload import Payload, attempt
from gateway.schema.types.provider_switch import ProviderSwitch
from gateway.schema.types.switch_plan import ProviderSwitchPlan
from gateway.services.begin_switch import switch_within
from gateway.services.installation import Installation
from gateway.services.remember import once
from gateway.services.stored_plans import new_plan, request_plan
from gateway.services.switch_terms import require_connection

To = Annotated[str, strawberry.argument(description="The connection that customers are to go to.")]
OfCustomers = Annotated[
    list[str] | None, strawberry.argument(description="The keys of the customers; all of them without it.")
]


@strawberry.type
class SwitchProviderPayload(Payload):
    """The switches that bring the customers there."""

    switches: list[ProviderSwitch] = strawberry.field(
        description="Those begun now or earlier; none if it was refused, or if all are there."
    )


@strawberry.type
class PlanProviderSwitchPayload(Payload):
    """The plan on its way."""

    plan: ProviderSwitchPlan | None = strawberry.field(
        description="Ask `providerSwitchPlan` for it until it is made; null if it was refused."
    )


@strawberry.type
class SwitchMutations:
    """Where customers' invoices go."""

    @strawberry.mutation
    async def plan_provider_switch(
        self, info: Info, to: To, idempotency_key: IdempotencyKey, customers: OfCustomers = None
    ) -> PlanProviderSwitchPayload:
        """Have the worker of a connection find what a switch to it would come to. Nothing is done. Scope: finance."""
        context = asked_to_change(info, Scope.FINANCE)
        installation, actor = context.installation, context.caller.id
        done = await attempt(lambda: _planned(installation, actor, idempotency_key, to, customers))
        found = await context.read(lambda unit: unit.switch_plans.by_ids([done.value] if done.value else []))
        shown = done.shown(lambda plan_id: ProviderSwitchPlan.from_core(found[plan_id]))
        return PlanProviderSwitchPayload(plan=shown, user_errors=done.errors)

    @strawberry.mutation
    async def switch_provider(
        self, info: Info, to: To, idempotency_key: IdempotencyKey, customers: OfCustomers = None
    ) -> SwitchProviderPayload:
        """Let customers go to another connection; its worker finds or makes each there, then its invoices go there.

        Whoever is on the way there goes on, and is resumed if that was parked; a move to elsewhere is given up.
        `gateway providers switch --dry-run` asks both providers what is missing before. Scope: admin.
        """
        context = asked_to_change(info, Scope.ADMIN)
        installation, actor = context.installation, context.caller.id
        done = await attempt(lambda: _begun(installation, actor, idempotency_key, to, customers))
        ids = done.value or []
        found, progress = await context.read(
            lambda unit: (unit.switches.by_ids(ids), unit.switches.progress(ids)),
        )
        shown = [ProviderSwitch.from_core(each, progress[each.id]) for each in found]
        return SwitchProviderPayload(switches=shown, user_errors=done.errors)


def _begun(installation: Installation, actor: str, key: str, to: str, customers: list[str] | None) -> list[str]:
    require_connection(installation, to)
    switch = Switch(installation.ids.new("swi"), to, actor, installation.system_clock.now())
    request = {"mutation": "switchProvider", "to": to, "customers": None if customers is None else sorted(customers)}

    def begin(unit: UnitOfWork) -> str:
        return json.dumps(switch_within(unit, installation, switch, customers))

    begun: list[str] = json.loads(once(installation, actor, key, request, begin))
    return begun


def _planned(installation: Installation, actor: str, key: str, to: str, customers: list[str] | None) -> str:
    require_connection(installation, to)
    plan = new_plan(installation, to, actor, customers)
    request = {"mutation": "planProviderSwitch", "to": to, "customers": plan.customers}
    return once(installation, actor, key, request, lambda unit: request_plan(unit, plan))
