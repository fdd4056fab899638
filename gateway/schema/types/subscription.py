"""Subscriptions: a customer on a plan version."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from gateway.core import subscriptions as core
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

SUBSCRIPTIONS: Paging[core.Subscription] = Paging("subscriptions", (str, str), lambda each: (each.customer, each.id))


@strawberry.type
class Subscription(Node):
    """A customer on a plan version, from a date on."""

    key: str = strawberry.field(description="The name that events may use; unique for the customer.")
    customer_key: str = strawberry.field(description="Whose it is.")
    plan_key: str = strawberry.field(description="The plan.")
    plan_version: int = strawberry.field(description="Which version of the plan.")
    starts_at: datetime = strawberry.field(description="The first instant it covers.")
    ends_at: datetime | None = strawberry.field(description="The first instant it no longer covers; null if open.")
    anchor: datetime = strawberry.field(description="The instant that billing periods are counted from.")
    time_zone: str = strawberry.field(description="The IANA zone that its days and periods are found in.")
    state: strawberry.Private[core.Subscription]

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
        found = (await related(info).catalogue()).plans.get((self.plan_key, self.plan_version))
        return PlanVersion.from_core(found) if found else None

    @strawberry.field
    def is_active(self, info: Info) -> bool:
        """Whether it covers the present business time."""
        return self.state.is_active_at(info.context.installation.business_clock.now())

    @strawberry.field
    def current_period(self, info: Info) -> Period | None:
        """The billing period that contains the present business time; null outside of its life."""
        period = self.state.period_at(info.context.installation.business_clock.now())
        return Period.from_core(period, self.state.zone) if period else None

    @strawberry.field
    async def running_cost(self, info: Info, at: At = None) -> RunningCost | None:
        """What the billing period costs so far, and is projected to cost; null where it has no period."""
        found = await related(info).costs.load((self.state.id, at))
        return RunningCost.from_core(found, read_zone(self.time_zone), info.context.caller) if found else None

    @classmethod
    def from_core(cls, subscription: core.Subscription) -> Self:
        """The same subscription."""
        return cls(
            id=strawberry.ID(subscription.id),
            key=subscription.key,
            customer_key=subscription.customer,
            plan_key=subscription.plan,
            plan_version=subscription.plan_version,
            starts_at=subscription.starts_at,
            ends_at=subscription.ends_at,
            anchor=subscription.anchor,
            time_zone=subscription.time_zone,
            state=subscription,
        )
