"""Queries for connections to billing systems, and for where what they hold differs from ours."""

from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.circuit import CLOSED
from gateway.core.ports.provider_differences import DifferenceFilter
from gateway.core.ports.provider_differences import ProviderReconciliation as CoreReconciliation
from gateway.core.provider_differences import DifferenceKind, DifferenceState
from gateway.schema.context import GatewayContext, Info, asked_by_company
from gateway.schema.types.connection import ProviderConnection
from gateway.schema.types.page import After, CountedConnection, First, check_size, page_size_default
from gateway.schema.types.provider_difference import DIFFERENCES, ProviderDifference

OfConnection = Annotated[str | None, strawberry.argument(description="Only those of this connection.")]
OfState = Annotated[DifferenceState | None, strawberry.argument(description="Only those in this state.")]
OfKind = Annotated[DifferenceKind | None, strawberry.argument(description="Only those of this kind.")]
OfInvoice = Annotated[strawberry.ID | None, strawberry.argument(description="Only those that this invoice waits for.")]


@strawberry.type
class ConnectionQueries:
    """How billing systems are getting on."""

    @strawberry.field
    async def connections(self, info: Info) -> list[ProviderConnection]:
        """The configured connections to billing systems, by name; not for customer tokens."""
        return await shown_connections(asked_by_company(info, Scope.READ))

    @strawberry.field
    async def provider_differences(
        self,
        info: Info,
        connection: OfConnection = None,
        state: OfState = None,
        kind: OfKind = None,
        invoice: OfInvoice = None,
        first: First = page_size_default,
        after: After = None,
    ) -> CountedConnection[ProviderDifference]:
        """Where what providers hold differs from our documents, or did; not for customer tokens."""
        context = asked_by_company(info, Scope.READ)
        size, (begin,) = check_size(first), DIFFERENCES.after(after) or (None,)
        matching = DifferenceFilter(connection, state, kind, invoice)
        found = await context.read(lambda unit: unit.differences.page(matching, begin, size))

        async def count() -> int:
            return await context.read(lambda unit: unit.differences.count(matching))

        page = DIFFERENCES.page(found, first, after)
        return CountedConnection.of(page, ProviderDifference.from_core, count=count)


async def shown_connections(context: GatewayContext) -> list[ProviderConnection]:
    """The configured connections as they are now."""
    installation = context.installation
    circuits, holds, reconciliations = await context.read(
        lambda unit: (unit.connections.circuits(), unit.connections.holds(), unit.differences.reconciliations())
    )
    now, faults = installation.system_clock.now(), installation.faults.known()
    return [
        ProviderConnection.from_core(
            each,
            installation.connection,
            faults.get(each.connection),
            circuits.get(each.connection, CLOSED),
            holds.get(each.connection),
            reconciliations.get(each.connection, CoreReconciliation(each.connection)),
            now,
        )
        for each in installation.connections
    ]
