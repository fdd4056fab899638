"""Queries for finance: what running periods will come to, and whom to look after."""

from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.customers_at_risk import RiskReason
from gateway.schema.context import Info, asked_by_company
from gateway.schema.threads import hop
from gateway.schema.types.forecast import ProjectedRevenue
from gateway.schema.types.page import After, CountedConnection, First, constant, page_size_default
from gateway.schema.types.risk import RISKS, CustomerAtRisk
from gateway.services.customers_at_risk import customers_at_risk
from gateway.services.projected_revenue import forecasts_of_customers, projected_revenue

forecast_subscriptions_max = 1_000

OfReason = Annotated[RiskReason | None, strawberry.argument(description="Only those of this reason.")]


@strawberry.type
class ReportQueries:
    """What finance people report."""

    @strawberry.field
    async def projected_revenue(self, info: Info) -> list[ProjectedRevenue]:
        """What all running periods will come to, by currency; not for customer tokens, and of 1,000 subscriptions."""
        context = asked_by_company(info, Scope.FINANCE)

        def find() -> list[ProjectedRevenue]:
            found = forecasts_of_customers(
                context.installation, context.projector, subscriptions_max=forecast_subscriptions_max
            )
            return [ProjectedRevenue.from_core(each, context.caller) for each in projected_revenue(found)]

        return await hop(find)

    @strawberry.field
    async def customers_at_risk(
        self, info: Info, reason: OfReason = None, first: First = page_size_default, after: After = None
    ) -> CountedConnection[CustomerAtRisk]:
        """Whom to look after, and why, by customer; not for customer tokens, and of 1,000 subscriptions."""
        context = asked_by_company(info, Scope.FINANCE)
        found = await hop(
            lambda: customers_at_risk(context.installation, context.projector, reason, forecast_subscriptions_max)
        )
        page = RISKS.slice(found, first, after)
        return CountedConnection.of(page, CustomerAtRisk.from_core, count=constant(len(found)))
