"""Queries for reports on what was billed, is owed and will be billed."""

from datetime import date
from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.legal_entity import DEFAULT_ENTITY
from gateway.schema.context import Info, asked_by_company
from gateway.schema.queries.books import OfEntity
from gateway.schema.queries.revenue_reports import FirstMonth, LastMonth
from gateway.schema.threads import hop
from gateway.schema.types.page import After, CountedConnection, First, constant, page_size_default
from gateway.schema.types.receivables_reports import (
    AGED_RECEIVABLES,
    AGED_UNBILLED,
    OUTSTANDING_GRANTS,
    AgedReceivables,
    AgedUnbilled,
    BridgeMonth,
    OutstandingGrant,
)
from gateway.services.report_ageing import receivables_ageing, unbilled_ageing
from gateway.services.report_bridge import revenue_bridge
from gateway.services.report_credits import credits_outstanding

AsOfDay = Annotated[date | None, strawberry.argument(description="At the end of this day; of today without it.")]


@strawberry.type
class ReceivablesReportQueries:
    """From billings to cash; not for customer tokens."""

    @strawberry.field
    async def revenue_bridge(
        self,
        info: Info,
        first_month: FirstMonth = None,
        last_month: LastMonth = None,
        legal_entity: OfEntity = DEFAULT_ENTITY,
    ) -> list[BridgeMonth]:
        """How billings became revenue, and revenue cash, by currency and month; not for customer tokens."""
        installation = asked_by_company(info, Scope.FINANCE).installation
        rows = await hop(lambda: revenue_bridge(installation, legal_entity, first_month, last_month))
        return [BridgeMonth.from_core(row) for row in rows]

    @strawberry.field
    async def receivables_ageing(
        self,
        info: Info,
        as_of: AsOfDay = None,
        legal_entity: OfEntity = DEFAULT_ENTITY,
        first: First = page_size_default,
        after: After = None,
    ) -> CountedConnection[AgedReceivables]:
        """What customers owe, by how long it is overdue, by currency and customer; not for customer tokens."""
        installation = asked_by_company(info, Scope.FINANCE).installation
        rows = await hop(lambda: receivables_ageing(installation, legal_entity, as_of))
        page = AGED_RECEIVABLES.slice(rows, first, after)
        return CountedConnection.of(page, AgedReceivables.from_core, count=constant(len(rows)))

    @strawberry.field
    async def unbilled_ageing(
        self,
        info: Info,
        as_of: AsOfDay = None,
        legal_entity: OfEntity = DEFAULT_ENTITY,
        first: First = page_size_default,
        after: After = None,
    ) -> CountedConnection[AgedUnbilled]:
        """What was earned and is not invoiced, by how long ago, by currency and customer; not for customer tokens."""
        installation = asked_by_company(info, Scope.FINANCE).installation
        rows = await hop(lambda: unbilled_ageing(installation, legal_entity, as_of))
        page = AGED_UNBILLED.slice(rows, first, after)
        return CountedConnection.of(page, AgedUnbilled.from_core, count=constant(len(rows)))

    @strawberry.field
    async def credits_outstanding(
        self,
        info: Info,
        legal_entity: OfEntity = DEFAULT_ENTITY,
        first: First = page_size_default,
        after: After = None,
    ) -> CountedConnection[OutstandingGrant]:
        """What customers have left of credit now, by currency, customer, wallet and grant; not for customer tokens."""
        installation = asked_by_company(info, Scope.FINANCE).installation
        rows = await hop(lambda: credits_outstanding(installation, legal_entity))
        page = OUTSTANDING_GRANTS.slice(rows, first, after)
        return CountedConnection.of(page, OutstandingGrant.from_core, count=constant(len(rows)))
