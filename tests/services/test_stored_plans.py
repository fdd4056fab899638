"""Plans of switches on request: the target's worker makes them, and nothing that goes wrong there gets further."""

from typing import Any

import pytest

from gateway.core.errors import NotFound
from gateway.core.money import Money
from gateway.core.ports.switch_plans import PlannedFilter
from gateway.core.switch_plans import PlanState, StoredPlan
from gateway.core.switching import PlannedCustomer, ProblemKind, Severity, SwitchPlan
from gateway.plugin_api import BillingProvider, Retryable
from gateway.sandbox import SandboxProvider
from gateway.services.grant_credit import give_to_wallet
from gateway.services.installation import Installation
from gateway.services.stored_plans import making_plan, new_plan, noted_every, request_plan
from gateway.workers.delivery import Delivery
from tests.services.switching import TwoProviders, instead
from tests.services.test_plan_switch import raising
from tests.support import FixedClock


@pytest.fixture
def world(installation: Installation, clock: FixedClock) -> TwoProviders:
    return TwoProviders.of(installation, clock, customers=2, currencies=["USD", "EUR"])


@pytest.fixture
def sqlite_world(sqlite_installation: Installation, clock: FixedClock) -> TwoProviders:
    return TwoProviders.of(sqlite_installation, clock, customers=2)


def requested(world: TwoProviders, customers: list[str] | None = None) -> str:
    plan = new_plan(world.installation, "new", "ada", customers)
    return world.installation.storage.transact(lambda unit: request_plan(unit, plan))


def stored(world: TwoProviders, plan_id: str) -> StoredPlan:
    return world.installation.storage.read(lambda unit: unit.switch_plans.by_ids([plan_id]))[plan_id]


def made(world: TwoProviders, plan_id: str, provider: BillingProvider | SandboxProvider | None = None) -> StoredPlan:
    steps = making_plan(world.installation, "new", provider or world.new)
    assert steps is not None
    list(steps)
    return stored(world, plan_id)


def content(world: TwoProviders, plan_id: str, **matching: Any) -> list[PlannedCustomer]:
    wanted = PlannedFilter(plan_id, **matching)
    return [
        each for _, each in world.installation.storage.read(lambda unit: unit.switch_plans.customers(wanted, None, 99))
    ]


def test_a_plan_says_what_a_dry_run_says(world: TwoProviders) -> None:
    world.finalize(1)
    world.installation.storage.transact(
        lambda unit: give_to_wallet(unit, world.installation, "acme-2", Money(700, "EUR"), "agreed")
    )
    plan_id = requested(world)
    assert stored(world, plan_id).state is PlanState.REQUESTED
    assert (made(world, plan_id).state, made_again(world)) == (PlanState.MADE, None)
    expected = world.plan(main=None)
    read = world.installation.storage.read
    found = SwitchPlan(
        "new",
        tuple(content(world, plan_id)),
        tuple(each for _, each in read(lambda unit: unit.switch_plans.invoices(plan_id, None, 99))),
        tuple(each for _, each in read(lambda unit: unit.switch_plans.credits(plan_id, None, 99))),
    )
    assert found == expected
    assert len(found.invoices) == len(found.credits) == 1


def made_again(world: TwoProviders) -> object:
    return making_plan(world.installation, "new", world.new)


def test_the_parts_of_a_plan_come_in_pages_and_by_severity(world: TwoProviders) -> None:
    plan_id = requested(world)
    ended = made(world, plan_id)
    assert (ended.done, ended.total, ended.unasked) == (2, 2, ("main",))
    page = world.installation.storage.read(lambda unit: unit.switch_plans.customers(PlannedFilter(plan_id), 0, 99))
    assert [(place, each.customer) for place, each in page] == [(1, "acme-2")]
    assert len(content(world, plan_id, severity=Severity.WARNS)) == 2
    blocked = PlannedFilter(plan_id, Severity.BLOCKS)
    assert world.installation.storage.read(lambda unit: unit.switch_plans.customer_count(blocked)) == 0


def test_only_those_that_are_named_are_looked_at(sqlite_world: TwoProviders) -> None:
    plan_id = requested(sqlite_world, ["acme-2", "acme-2"])
    assert made(sqlite_world, plan_id).customers == ("acme-2",)
    assert [each.customer for each in content(sqlite_world, plan_id)] == ["acme-2"]


def test_a_customer_that_is_not_known_is_refused(sqlite_world: TwoProviders) -> None:
    with pytest.raises(NotFound, match="'nobody'"):
        requested(sqlite_world, ["nobody"])


def test_what_the_provider_does_not_answer_is_in_the_plan(sqlite_world: TwoProviders) -> None:
    plan_id = requested(sqlite_world)
    silent = instead(sqlite_world.new, find=raising(Retryable("no answer")))
    assert made(sqlite_world, plan_id, silent).state is PlanState.MADE
    kinds = [problem.kind for each in content(sqlite_world, plan_id) for problem in each.problems]
    assert kinds == [ProblemKind.LOOK_UP_FAILED] * 2


def test_a_plan_that_cannot_be_made_says_why_and_no_more(sqlite_world: TwoProviders) -> None:
    world = sqlite_world
    plan_id = requested(world)
    world.installation.storage.transact(lambda unit: unit.switch_plans.put(_about_nobody(stored(world, plan_id))))
    failed = made(world, plan_id)
    assert (failed.state, failed.failure) == (
        PlanState.FAILED,
        "Customer 'nobody' does not exist; create it first",
    )
    broken = requested(world)
    failed = made(world, broken, instead(world.new, capabilities=None))
    assert failed.failure is not None
    assert failed.failure.startswith("AttributeError in ")


def _about_nobody(plan: StoredPlan) -> StoredPlan:
    return StoredPlan(plan.id, plan.target, ("nobody",), plan.actor, plan.requested_at)


def test_a_plan_whose_worker_ended_is_begun_again(sqlite_world: TwoProviders) -> None:
    plan_id = requested(sqlite_world)
    steps = making_plan(sqlite_world.installation, "new", sqlite_world.new)
    assert steps is not None
    next(steps)
    assert stored(sqlite_world, plan_id).state is PlanState.UNDER_WAY
    steps.close()  # type: ignore[attr-defined]
    assert stored(sqlite_world, plan_id).ended_at is None
    assert made(sqlite_world, plan_id).state is PlanState.MADE


def test_it_is_noted_now_and_then_how_far_a_plan_is(sqlite_world: TwoProviders) -> None:
    plan_id = requested(sqlite_world)
    steps = making_plan(sqlite_world.installation, "new", sqlite_world.new)
    assert steps is not None
    noted = [stored(sqlite_world, plan_id).done for _ in steps]
    assert noted == [0, 0, 0]
    assert noted_every > 2


def test_the_worker_of_the_target_makes_it_beside_its_deliveries(world: TwoProviders) -> None:
    plan_id = requested(world)
    Delivery(world.installation, "main", world.old).step()
    assert stored(world, plan_id).state is PlanState.REQUESTED
    worker = Delivery(world.installation, "new", world.new)
    for _ in range(5):
        worker.step()
    assert stored(world, plan_id).state is PlanState.MADE
    assert worker.step() > 0
