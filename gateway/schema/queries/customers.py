"""Queries for customers, subscriptions and usage."""

from datetime import datetime
from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.errors import InvalidValue
from gateway.core.periods.windows import Window
from gateway.schema.context import Info, asked
from gateway.schema.threads import hop
from gateway.schema.types.customer import CUSTOMERS, Customer
from gateway.schema.types.page import After, CountedConnection, First, check_size, page_size_default
from gateway.schema.types.subscription import SUBSCRIPTIONS, Subscription
from gateway.schema.types.usage import UsageReport
from gateway.services.usage import UsageQuery, usage

usage_points_max = 10_000

Search = Annotated[str | None, strawberry.argument(description="Only those with this text in their key or name.")]
CustomerId = Annotated[
    strawberry.ID | None, strawberry.argument(name="id", description="The id; give this or the key.")
]
OptionalKey = Annotated[str | None, strawberry.argument(description="The key; give this or the id.")]
SubscriptionId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The id.")]
CustomerKey = Annotated[str, strawberry.argument(description="The customer's key.")]
OfCustomer = Annotated[str | None, strawberry.argument(description="Only those of the customer with this key.")]
From = Annotated[datetime, strawberry.argument(name="from", description="The first instant.")]
To = Annotated[datetime, strawberry.argument(description="The first instant that is no longer in it.")]
MeterKeys = Annotated[list[str] | None, strawberry.argument(description="Only these meters, by key.")]
ByWindow = Annotated[Window | None, strawberry.argument(description="One point for each; one for all without it.")]
GroupBy = Annotated[list[str] | None, strawberry.argument(description="One point for each value of these dimensions.")]
TimeZone = Annotated[str, strawberry.argument(description="The IANA zone in which days and months begin.")]


@strawberry.type
class CustomerQueries:
    """Who uses, and how much."""

    @strawberry.field
    async def customers(
        self, info: Info, search: Search = None, first: First = page_size_default, after: After = None
    ) -> CountedConnection[Customer]:
        """The customers by key."""
        context = asked(info, Scope.READ)
        size, (begin,) = check_size(first), CUSTOMERS.after(after) or (None,)
        own = context.caller.customer
        found = await context.read(lambda unit: unit.definitions.customers(begin, size, own, search))

        async def count() -> int:
            if own is None:
                return await context.read(lambda unit: unit.definitions.customer_count(search))
            return len(await context.read(lambda unit: unit.definitions.customers(None, 1, own, search)))

        return CountedConnection.of(CUSTOMERS.page(found, first, after), Customer.from_core, count=count)

    @strawberry.field
    async def customer(self, info: Info, customer_id: CustomerId = None, key: OptionalKey = None) -> Customer | None:
        """One customer."""
        loaders = asked(info, Scope.READ).loaders
        check_one(customer_id, key, "key")
        if customer_id is not None:
            found = await loaders.customers_by_id.load(customer_id)
        else:
            found = await loaders.customers.load(key or "")
        return Customer.from_core(found) if found else None

    @strawberry.field
    async def subscriptions(
        self, info: Info, customer: OfCustomer = None, first: First = page_size_default, after: After = None
    ) -> CountedConnection[Subscription]:
        """The subscriptions by customer."""
        context = asked(info, Scope.READ)
        size, begin, whose = check_size(first), SUBSCRIPTIONS.after(after), context.confined(customer)
        found = await context.read(lambda unit: unit.definitions.subscription_page(begin, size, whose))

        async def count() -> int:
            return await context.read(lambda unit: unit.definitions.subscription_count(whose))

        return CountedConnection.of(SUBSCRIPTIONS.page(found, first, after), Subscription.from_core, count=count)

    @strawberry.field
    async def subscription(self, info: Info, subscription_id: SubscriptionId) -> Subscription | None:
        """One subscription."""
        found = await asked(info, Scope.READ).loaders.subscriptions.load(subscription_id)
        return Subscription.from_core(found) if found else None

    @strawberry.field
    async def usage(
        self,
        info: Info,
        customer: CustomerKey,
        from_: From,
        to: To,
        meters: MeterKeys = None,
        window: ByWindow = None,
        group_by: GroupBy = None,
        time_zone: TimeZone = "UTC",
    ) -> UsageReport | None:
        """A customer's usage, with everything in it that was acknowledged before; null if there is no such customer."""
        context = asked(info, Scope.READ)
        if await context.loaders.customers.load(customer) is None:
            return None
        only = None if meters is None else tuple(meters)
        query = UsageQuery(customer, from_, to, only, window, tuple(group_by or ()), time_zone)
        report = await hop(lambda: usage(context.installation, context.projector, query))
        if len(report.points) > usage_points_max:
            raise InvalidValue(
                f"{len(report.points)} points are more than {usage_points_max}; ask for a shorter span or fewer meters"
            )
        return UsageReport.from_core(report, context.caller)


def check_one(one: str | None, other: str | None, name: str) -> None:
    """Raise `InvalidValue` unless exactly one of an id and `other`, called `name`, is given."""
    if (one is None) == (other is None):
        raise InvalidValue(f"Give exactly one of `id` and `{name}`")
