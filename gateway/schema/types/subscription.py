"""Subscriptions: a customer on a plan version."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from gateway.core.subscriptions import subscription as core
from gateway.core.subscriptions.phases import SubscriptionHistory
from gateway.core.subscriptions.subscription import IDLE, SubscriptionStatus
from gateway.core.time import read_zone
from gateway.schema.context import Info, related
from gateway.schema.types import customer as customers
from gateway.schema.types.cost import RunningCost
from gateway.schema.types.money import Period
from gateway.schema.types.page import Node, Paging
from gateway.schema.types.plan import PlanVersion

if TYPE_CHECKING:
    from gateway.schema.types.customer import Customer

At = Annotated[
    datetime | None,
    strawberry.argument(description="Count usage before this instant; without it now, or its end where it has ended."),
]

SUBSCRIPTIONS: Paging[SubscriptionHistory] = Paging(
    "subscriptions", (str, str), lambda each: (each.first.customer, each.first.id)
)


@strawberry.type
class SubscriptionPhase:
    """A part of a subscription's life on one plan version, which counts and bills on its own."""

    status: SubscriptionStatus = strawberry.field(description="What it bills.")
    plan_key: str = strawberry.field(description="The plan.")
    plan_version: int = strawberry.field(description="Which version of the plan.")
    starts_at: datetime = strawberry.field(description="The first instant it covers.")
    ends_at: datetime | None = strawberry.field(description="The first instant it no longer covers; null if open.")

    @classmethod
    def from_core(cls, phase: core.Subscription) -> Self:
        """The same phase."""
        return cls(
            status=phase.status,
            plan_key=phase.plan,
            plan_version=phase.plan_version,
            starts_at=phase.starts_at,
            ends_at=phase.ends_at,
        )


@strawberry.type
class Subscription(Node):
    """A customer on a plan version, from a date on. What it says of its plan is what holds at present."""

    key: str = strawberry.field(description="The name that events may use; unique for the customer.")
    customer_key: str = strawberry.field(description="Whose it is.")
    starts_at: datetime = strawberry.field(description="The first instant it covers.")
    time_zone: str = strawberry.field(description="The IANA zone that its days and periods are found in.")
    phases: list[SubscriptionPhase] = strawberry.field(
        description="Its history and what is planned, in order of time; changes make further ones."
    )
    state: strawberry.Private[SubscriptionHistory]

    @strawberry.field
    def plan_key(self, info: Info) -> str:
        """The plan."""
        return self._present(info).plan

    @strawberry.field
    def plan_version(self, info: Info) -> int:
        """Which version of the plan."""
        return self._present(info).plan_version

    @strawberry.field
    def anchor(self, info: Info) -> datetime:
        """The instant that billing periods are counted from."""
        return self._present(info).anchor

    @strawberry.field
    def ends_at(self) -> datetime | None:
        """The first instant it no longer covers; null if open."""
        return self.state.ends_at

    @strawberry.field
    def status(self, info: Info) -> SubscriptionStatus:
        """What it is at present."""
        return self.state.status_at(info.context.installation.business_clock.now())

    @strawberry.field
    async def customer(
        self, info: Info
    ) -> Annotated["Customer", strawberry.lazy("gateway.schema.types.customer")] | None:
        """Whose it is."""
        found = await related(info).customers.load(self.customer_key)
        return customers.Customer.from_core(found) if found else None

    @strawberry.field
    async def plan(self, info: Info) -> PlanVersion | None:
        """The plan version it is on."""
        present = self._present(info)
        found = (await related(info).catalogue()).plans.get((present.plan, present.plan_version))
        return PlanVersion.from_core(found) if found else None

    @strawberry.field
    def is_active(self, info: Info) -> bool:
        """Whether it covers the present business time."""
        now = info.context.installation.business_clock.now()
        return self.state.status_at(now) not in IDLE and self._present(info).is_active_at(now)

    @strawberry.field
    def current_period(self, info: Info) -> Period | None:
        """The billing period that contains the present business time; null outside of its life."""
        present = self._present(info)
        period = present.period_at(info.context.installation.business_clock.now())
        return Period.from_core(period, present.zone) if period and present.status not in IDLE else None

    @strawberry.field
    async def running_cost(self, info: Info, at: At = None) -> RunningCost | None:
        """What the billing period costs so far, and will come to; null where it has no period."""
        found = await related(info).costs.load((self.id, at))
        return RunningCost.from_core(found, at, read_zone(self.time_zone), info.context.caller) if found else None

    def _present(self, info: Info) -> core.Subscription:
        return self.state.phase_at(info.context.installation.business_clock.now())

    @classmethod
    def from_core(cls, history: SubscriptionHistory) -> Self:
        """The same subscription."""
        first = history.first
        return cls(
            id=strawberry.ID(first.id),
            key=first.key,
            customer_key=first.customer,
            starts_at=first.starts_at,
            time_zone=first.time_zone,
            phases=[SubscriptionPhase.from_core(phase) for phase in history.phases],
            state=history,
        )
