"""Queries that try a plan: nothing is stored."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

import strawberry

from gateway.core.access import Scope
from gateway.core.errors import InvalidValue
from gateway.core.invoicing.invoice import MeteredQuantity
from gateway.schema.context import Info, asked_by_company
from gateway.schema.mutations.plans import NewPlan, PublishPlanInput
from gateway.schema.types.money import Money
from gateway.schema.types.payload import attempt
from gateway.schema.types.plan_comparison import PlanComparison
from gateway.schema.types.simulation import BacktestResult, SimulatedInvoice, SimulationResult, money_total
from gateway.services.backtest import Backtest, Comparison, backtest
from gateway.services.define import compare_definitions
from gateway.services.installation import Installation
from gateway.services.simulate import Draft, Simulation, draft_plan, given_quantity, simulate

subscribers_max = 1_000
"""How many subscribers one request may compare, so that it is answered in time."""


@strawberry.input
class DimensionValueInput:
    """What a dimension of a meter is for a quantity."""

    name: str = strawberry.field(description="The dimension.")
    value: str = strawberry.field(description="Its value.")


@strawberry.input
class QuantityInput:
    """What to rate in every period: a quantity, or single transactions."""

    meter: str = strawberry.field(description="The meter's key.")
    quantity: Decimal | None = strawberry.field(default=None, description="How much.")
    transactions: list[Decimal] = strawberry.field(
        default_factory=list, description="The values of single transactions, for a price that rates each by itself."
    )
    dimensions: list[DimensionValueInput] = strawberry.field(
        default_factory=list, description="Which part of the usage it is, for a price by dimension."
    )

    def to_core(self) -> MeteredQuantity:
        """The same quantity. Raises `InvalidValue`."""
        dimensions = tuple((each.name, each.value) for each in self.dimensions)
        return given_quantity(self.meter, dimensions, self.quantity, self.transactions)


@strawberry.input
class PlanChoiceInput:
    """A published plan, or one that need not be published: give the key or the draft."""

    key: str | None = strawberry.field(default=None, description="The key of a published plan.")
    version: int | None = strawberry.field(default=None, description="Which version of it; the newest without it.")
    draft: PublishPlanInput | None = strawberry.field(default=None, description="A plan as it would be published.")

    def find(self, installation: Installation) -> Draft:
        """The plan. Raises `NotFound`, `InvalidDefinition` and `InvalidValue`."""
        if (self.key is None) == (self.draft is None) or (self.draft is not None and self.version is not None):
            raise InvalidValue("Give the `key` of a published plan, with its `version` or without, or a `draft`")
        if self.draft is not None:
            return draft_plan(installation, {"plans": [self.draft.to_core()]}, self.draft.key)
        key, version = self.key or "", self.version
        return Draft(installation.storage.read(lambda unit: unit.definitions.plan_version(key, version)), ())


@strawberry.input
class SimulationInput:
    """What to simulate."""

    plan: PlanChoiceInput = strawberry.field(description="The plan to rate by.")
    from_: datetime = strawberry.field(name="from", description="When the simulated subscription starts.")
    to: datetime = strawberry.field(description="When it ends.")
    customer: str | None = strawberry.field(default=None, description="The key of the customer whose events count.")
    quantities: list[QuantityInput] = strawberry.field(
        default_factory=list, description="What is used in every period, instead of a customer's events."
    )
    time_zone: str = strawberry.field(default="UTC", description="The IANA zone in which periods begin.")


@strawberry.input
class BacktestInput:
    """What to try on the subscribers of a plan."""

    plan: PlanChoiceInput = strawberry.field(description="The version to try.")
    from_: datetime = strawberry.field(name="from", description="The first instant that is compared.")
    to: datetime = strawberry.field(description="The first instant that no longer is.")


ToSimulate = Annotated[SimulationInput, strawberry.argument(name="input", description="What to simulate.")]
ToBacktest = Annotated[BacktestInput, strawberry.argument(name="input", description="What to compare.")]


@strawberry.type
class SimulationQueries:
    """What would be."""

    @strawberry.field
    async def compare_plan(self, info: Info, plan: NewPlan) -> PlanComparison:
        """What is wrong with a plan, or what publishing it would change; nothing is stored."""
        installation = asked_by_company(info, Scope.READ).installation
        done = await attempt(lambda: compare_definitions(installation, {"plans": [plan.to_core()]}), plan.place)
        return PlanComparison.from_core(done.value or (), done.errors)

    @strawberry.field
    async def simulate(self, info: Info, asked: ToSimulate) -> SimulationResult:
        """The invoices that a plan would make, by a customer's events or by quantities; nothing is stored."""
        installation = asked_by_company(info, Scope.READ).installation

        def work() -> tuple[list[SimulatedInvoice], Money | None]:
            draft = asked.plan.find(installation)
            quantities = tuple(each.to_core() for each in asked.quantities)
            wanted = Simulation(
                draft.plan, asked.from_, asked.to, asked.customer, quantities, asked.time_zone, draft.meters
            )
            found = simulate(installation, wanted)
            zone = ZoneInfo(asked.time_zone)
            total = money_total([each.invoice.total for each in found])
            return [SimulatedInvoice.from_core(each, zone) for each in found], total

        done = await attempt(work)
        invoices, total = done.value or ([], None)
        return SimulationResult(invoices=invoices, total=total, user_errors=done.errors)

    @strawberry.field
    async def backtest(self, info: Info, asked: ToBacktest) -> BacktestResult:
        """What each subscriber of a plan would have paid by another version of it; nothing is stored.

        Of up to 1,000 subscribers; the command line compares any number.
        """
        installation = asked_by_company(info, Scope.READ).installation

        def work() -> tuple[Comparison, ...]:
            draft = asked.plan.find(installation)
            wanted = Backtest(draft.plan, asked.from_, asked.to, draft.meters, subscribers_max)
            return backtest(installation, wanted)

        done = await attempt(work)
        return BacktestResult.from_core(done.value or (), done.errors)
