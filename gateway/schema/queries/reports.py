"""Queries for finance: what running periods will come to."""

import strawberry

from gateway.core.access import Scope
from gateway.schema.context import Info, asked_by_company
from gateway.schema.threads import hop
from gateway.schema.types.forecast import ProjectedRevenue
from gateway.services.projected_revenue import forecasts_of_customers, projected_revenue

forecast_subscriptions_max = 1_000


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
