"""Queries of re-rating."""

from itertools import islice
from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.errors import NotFound
from gateway.schema.context import Info, asked_by_company
from gateway.schema.mutations.rerating import WhatToRerate
from gateway.schema.threads import hop
from gateway.schema.types.page import After, Connection, First, check_size, page_size_default
from gateway.schema.types.rerating import FINDINGS, JOBS, RerateFinding, RerateJob, finding_place, job_place
from gateway.services.rerate import preview_rerate

JobId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The job's id.")]


@strawberry.type
class RerateQueries:
    """What rating billed periods again finds."""

    @strawberry.field
    async def rerate_preview(
        self, info: Info, what: WhatToRerate, first: First = page_size_default, after: After = None
    ) -> Connection[RerateFinding]:
        """What re-rating would find, invoice by invoice in order of their periods' ends; nothing is stored.

        Every invoice that is selected is a node, also where nothing changes. Not for customer tokens. Scope: finance.
        """
        context = asked_by_company(info, Scope.FINANCE)
        size, begin = check_size(first), finding_place(after)
        found = await hop(lambda: list(islice(preview_rerate(context.installation, what.to_core(), begin, size), size)))
        return Connection.of(FINDINGS.page(found, first, after), RerateFinding.from_core)

    @strawberry.field
    async def rerate_jobs(
        self, info: Info, first: First = page_size_default, after: After = None
    ) -> Connection[RerateJob]:
        """Re-rating jobs, the newest first; not for customer tokens."""
        size, begin = check_size(first), job_place(after)
        found = await asked_by_company(info, Scope.READ).read(lambda unit: unit.rerating.jobs(begin, size))
        return Connection.of(JOBS.page(found, first, after), RerateJob.from_core)

    @strawberry.field
    async def rerate_job(self, info: Info, job_id: JobId) -> RerateJob | None:
        """One re-rating job; null if there is none. Not for customer tokens."""
        context = asked_by_company(info, Scope.READ)
        try:
            return RerateJob.from_core(await context.read(lambda unit: unit.rerating.job(job_id)))
        except NotFound:
            return None
