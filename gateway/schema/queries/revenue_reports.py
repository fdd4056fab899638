"""Queries for reports on revenue."""

from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.legal_entity import DEFAULT_ENTITY
from gateway.core.reports.split import RevenueSplit
from gateway.schema.context import Info, asked_by_company
from gateway.schema.queries.books import OfEntity
from gateway.schema.threads import hop
from gateway.schema.types.page import After, CountedConnection, First, constant, page_size_default
from gateway.schema.types.revenue_reports import (
    SPLIT_REVENUE,
    DeferredMonth,
    RecognisedMonth,
    RecurringMonth,
    ScheduledMonth,
    SplitRevenue,
)
from gateway.services.report_recurring import recurring_revenue
from gateway.services.report_revenue import deferred_revenue, recognised_revenue
from gateway.services.report_schedule import deferred_schedule
from gateway.services.report_split import revenue_by

FirstMonth = Annotated[
    str | None, strawberry.argument(description="The first month, such as 2013-01; a year before the last without it.")
]
LastMonth = Annotated[
    str | None, strawberry.argument(description="The last month, such as 2013-12; the running one without it.")
]
AsOfMonth = Annotated[
    str | None, strawberry.argument(description="As of the end of this month; of the running one without it.")
]


@strawberry.type
class RevenueReportQueries:
    """Revenue as the books have it; not for customer tokens."""

    @strawberry.field
    async def deferred_revenue(
        self,
        info: Info,
        first_month: FirstMonth = None,
        last_month: LastMonth = None,
        legal_entity: OfEntity = DEFAULT_ENTITY,
    ) -> list[DeferredMonth]:
        """What was deferred, billed, recognised and released, by currency and month; not for customer tokens."""
        installation = asked_by_company(info, Scope.FINANCE).installation
        rows = await hop(lambda: deferred_revenue(installation, legal_entity, first_month, last_month))
        return [DeferredMonth.from_core(row) for row in rows]

    @strawberry.field
    async def recognised_revenue(
        self,
        info: Info,
        first_month: FirstMonth = None,
        last_month: LastMonth = None,
        legal_entity: OfEntity = DEFAULT_ENTITY,
    ) -> list[RecognisedMonth]:
        """Where the revenue of each month came from, by currency and month; not for customer tokens."""
        installation = asked_by_company(info, Scope.FINANCE).installation
        rows = await hop(lambda: recognised_revenue(installation, legal_entity, first_month, last_month))
        return [RecognisedMonth.from_core(row) for row in rows]

    @strawberry.field
    async def deferred_schedule(
        self, info: Info, month: AsOfMonth = None, legal_entity: OfEntity = DEFAULT_ENTITY
    ) -> list[ScheduledMonth]:
        """By which month what is deferred will be earned, by currency and month; not for customer tokens."""
        installation = asked_by_company(info, Scope.FINANCE).installation
        rows = await hop(lambda: deferred_schedule(installation, legal_entity, month))
        return [ScheduledMonth.from_core(row) for row in rows]

    @strawberry.field
    async def monthly_recurring_revenue(
        self,
        info: Info,
        first_month: FirstMonth = None,
        last_month: LastMonth = None,
        legal_entity: OfEntity = DEFAULT_ENTITY,
    ) -> list[RecurringMonth]:
        """What fees come to in a month, and how that changed, by currency and month; not for customer tokens."""
        installation = asked_by_company(info, Scope.FINANCE).installation
        rows = await hop(lambda: recurring_revenue(installation, legal_entity, first_month, last_month))
        return [RecurringMonth.from_core(row) for row in rows]

    @strawberry.field
    async def revenue_by(
        self,
        info: Info,
        by: Annotated[RevenueSplit, strawberry.argument(description="What revenue is told by.")],
        first_month: FirstMonth = None,
        last_month: LastMonth = None,
        legal_entity: OfEntity = DEFAULT_ENTITY,
        first: First = page_size_default,
        after: After = None,
    ) -> CountedConnection[SplitRevenue]:
        """The revenue of each month by one of its splits, by currency, month and key; not for customer tokens."""
        installation = asked_by_company(info, Scope.FINANCE).installation
        rows = await hop(lambda: revenue_by(installation, legal_entity, by, first_month, last_month))
        page = SPLIT_REVENUE.slice(rows, first, after)
        return CountedConnection.of(page, SplitRevenue.from_core, count=constant(len(rows)))
