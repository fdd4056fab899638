"""Queries of the audit log."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.audit import AuditAction
from gateway.core.ports.audit import AuditFilter as CoreAuditFilter
from gateway.core.time import utc
from gateway.schema.context import Info, asked_by_company
from gateway.schema.types.audit import ENTRIES, AuditEntry, place_of
from gateway.schema.types.page import After, CountedConnection, First, check_size, page_size_default


@strawberry.input
class AuditFilter:
    """Which entries to list; what is left out, or null, takes all."""

    subject: strawberry.ID | None = strawberry.field(default=None, description="About the thing with this id.")
    actor: str | None = strawberry.field(default=None, description="By this actor.")
    action: AuditAction | None = strawberry.field(default=None, description="Of this kind.")
    customer: str | None = strawberry.field(default=None, description="That concern the customer with this key.")
    since: datetime | None = strawberry.field(default=None, description="From this time on.")
    until: datetime | None = strawberry.field(default=None, description="Before this time.")

    def to_core(self) -> CoreAuditFilter:
        """The same filter. Raises `InvalidValue` for a time without an offset."""
        times = {name: at and utc(at) for name, at in (("since", self.since), ("until", self.until))}
        return CoreAuditFilter(**{**asdict(self), **times})


Matching = Annotated[
    AuditFilter | None, strawberry.argument(name="filter", description="Which entries; all without it.")
]


@strawberry.type
class AuditQueries:
    """Who did what to what."""

    @strawberry.field
    async def audit_log(
        self, info: Info, matching: Matching = None, first: First = page_size_default, after: After = None
    ) -> CountedConnection[AuditEntry]:
        """Who did what to what, the newest first; not for customer tokens."""
        context = asked_by_company(info, Scope.READ)
        asked = matching.to_core() if matching else CoreAuditFilter()
        size, begin = check_size(first), place_of(after)
        found = await context.read(lambda unit: unit.audit.page(asked, begin, size))

        async def count() -> int:
            return await context.read(lambda unit: unit.audit.count(asked))

        return CountedConnection.of(ENTRIES.page(found, first, after), AuditEntry.from_core, count=count)
