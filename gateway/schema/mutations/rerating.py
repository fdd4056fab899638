"""Mutations that rate billed periods again."""

from datetime import datetime
from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.invoicing.credit_notes import Disposition
from gateway.core.ports.rerating import Selection
from gateway.core.time import utc
from gateway.schema.context import Info, asked_to_change
from gateway.schema.mutations.billing import IdempotencyKey
from gateway.schema.types.payload import Payload, attempt
from gateway.schema.types.rerating import RerateJob
from gateway.services.rerate import RerateRequest, start_rerate


@strawberry.input
class RerateInput:
    """Which billed periods to rate again, and what changes; all else stays as they were billed."""

    customers: list[str] = strawberry.field(default_factory=list, description="Their keys; all without any.")
    plans: list[str] = strawberry.field(default_factory=list, description="Their keys; all without any.")
    meters: list[str] = strawberry.field(
        default_factory=list, description="Only invoices that these meters counted for; all without any."
    )
    ended_after: datetime | None = strawberry.field(default=None, description="Only periods that ended after this.")
    ended_until: datetime | None = strawberry.field(default=None, description="Only periods that ended by this.")
    late_events: bool = strawberry.field(
        default=False, description="Count events, amendments and voids that came since a period was billed."
    )
    corrected_meters: list[str] = strawberry.field(
        default_factory=list, description="Count by the newest versions of these meters."
    )
    plan_version: int | None = strawberry.field(
        default=None, description="Rate by the prices of this version of the one plan that is selected."
    )
    bill_at_once: bool = strawberry.field(
        default=False, description="Bill what is owed on an invoice of its own; on the next one otherwise."
    )
    disposition: Disposition | None = strawberry.field(
        default=None,
        description="How overcharged money is given back; to the wallet where the invoice is paid, else off what is "
        "owed, by default.",
    )

    def to_core(self) -> RerateRequest:
        """The same request. Raises `InvalidValue` for a time without an offset."""
        selection = Selection(
            customers=tuple(self.customers),
            plans=tuple(self.plans),
            meters=tuple(self.meters),
            ended_after=self.ended_after and utc(self.ended_after),
            ended_until=self.ended_until and utc(self.ended_until),
        )
        return RerateRequest(
            selection=selection,
            has_late_events=self.late_events,
            meters=tuple(self.corrected_meters),
            plan_version=self.plan_version,
            is_billed_at_once=self.bill_at_once,
            disposition=self.disposition,
        )


WhatToRerate = Annotated[RerateInput, strawberry.argument(name="input", description="What to rate again, and how.")]
Why = Annotated[str, strawberry.argument(description="Why; it stands on every credit note, and is kept for ever.")]


@strawberry.type
class ReratePayload(Payload):
    """The job that was started."""

    job: RerateJob | None = strawberry.field(description="Null if it was refused.")


@strawberry.type
class RerateMutations:
    """Rating billed periods again."""

    @strawberry.mutation
    async def rerate(
        self, info: Info, what: WhatToRerate, reason: Why, idempotency_key: IdempotencyKey
    ) -> ReratePayload:
        """Start a job that books what `reratePreview` shows; the billing worker carries it out. Scope: finance."""
        context = asked_to_change(info, Scope.FINANCE)
        installation, actor = context.installation, context.caller.id
        done = await attempt(lambda: start_rerate(installation, what.to_core(), reason, actor, idempotency_key))
        job_id = done.value
        job = await context.read(lambda unit: unit.rerating.job(job_id)) if job_id else None
        return ReratePayload(job=RerateJob.from_core(job) if job else None, user_errors=done.errors)
