"""Plans of switches that are made on request: who asks is no process that may ask a provider."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gateway.core.errors import GatewayError, NotFound
from gateway.core.ports.storage import UnitOfWork
from gateway.core.switch_plans import StoredPlan
from gateway.core.switching import SwitchPlan
from gateway.plugin_api import BillingProvider
from gateway.plugin_guard import guarded
from gateway.services.delivery_failures import reason_of
from gateway.services.installation import Installation
from gateway.services.plan_switch import planning_switch

noted_every = 50
"""After how many customers it is noted how far a plan is."""


def request_plan(unit: UnitOfWork, plan: StoredPlan) -> str:
    """Have the worker of the target make a plan; its id. Raises `NotFound` for a customer that is not known."""
    named = plan.customers or ()
    known = unit.definitions.customers_by_key(named)
    if missing := [each for each in named if each not in known]:
        raise NotFound(f"Customer {missing[0]!r} does not exist; create it first")
    unit.switch_plans.add(plan)
    return plan.id


def new_plan(installation: Installation, target: str, actor: str, customers: Sequence[str] | None) -> StoredPlan:
    """A plan to be requested, of all customers unless they are named."""
    named = None if customers is None else tuple(sorted(set(customers)))
    return StoredPlan(installation.ids.new("swp"), target, named, actor, installation.system_clock.now())


def making_plan(installation: Installation, connection: str, provider: BillingProvider) -> Iterator[None] | None:
    """Make the plan that waits longest for a connection, customer by customer; None if there is none.

    Whatever goes wrong is the plan's failure. One that nobody finishes is begun again.
    """
    due = installation.storage.read(lambda unit: unit.switch_plans.next_due(connection))
    return None if due is None else _making(installation, due, provider)


def _making(installation: Installation, plan: StoredPlan, provider: BillingProvider) -> Iterator[None]:
    target = guarded(provider)
    steps = planning_switch(
        installation, plan.target, lambda name: target if name == plan.target else None, plan.customers
    )
    try:
        while True:
            plan = _noted(installation, plan, next(steps))
            yield
    except StopIteration as end:
        _end(installation, plan, end.value)
    except Exception as error:  # a plugin may raise anything
        failure = str(error) if isinstance(error, GatewayError) else reason_of(error)
        ended = replace(plan, ended_at=installation.system_clock.now(), failure=failure)
        installation.storage.transact(lambda unit: unit.switch_plans.put(ended))


def _noted(installation: Installation, plan: StoredPlan, progress: tuple[int, int]) -> StoredPlan:
    done, total = progress
    noted = replace(plan, done=done, total=total)
    if done % noted_every == 0:
        installation.storage.transact(lambda unit: unit.switch_plans.put(noted))
    return noted


def _end(installation: Installation, plan: StoredPlan, content: SwitchPlan) -> None:
    others = {each.from_connection for each in content.customers}
    ended = replace(plan, ended_at=installation.system_clock.now(), unasked=tuple(sorted(others)))

    def end(unit: UnitOfWork) -> None:
        unit.switch_plans.put_content(plan.id, content)
        unit.switch_plans.put(ended)

    installation.storage.transact(end)
