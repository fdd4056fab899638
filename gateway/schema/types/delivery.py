"""Deliveries: how documents travel to a provider."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from gateway.core import delivery as core
from gateway.schema.context import Info, related
from gateway.schema.types import invoice as invoices
from gateway.schema.types.page import Node, Paging

if TYPE_CHECKING:
    from gateway.schema.types.invoice import Invoice

DELIVERIES: Paging[core.Delivery] = Paging("deliveries", (str,), lambda each: (each.id,))


@strawberry.type
class DeliveryStep:
    """One call to the provider, journalled before it is made and after its answer."""

    step: core.Step = strawberry.field(description="Which call.")
    started_at: datetime = strawberry.field(description="When it was last begun.")
    ref: str | None = strawberry.field(description="What the provider calls the result; null until it has answered.")

    @classmethod
    def from_core(cls, record: core.StepRecord) -> Self:
        """The same record."""
        return cls(step=record.step, started_at=record.started_at, ref=record.ref)


@strawberry.type
class Delivery(Node):
    """An invoice on its way to one connection of a provider."""

    connection: str = strawberry.field(description="The configured connection.")
    status: core.DeliveryStatus = strawberry.field(description="Where it is on its way.")
    attempts: int = strawberry.field(description="How often it failed since it was last begun.")
    due_at: datetime | None = strawberry.field(description="When it is tried next.")
    reason: str | None = strawberry.field(description="Why it failed or waits.")
    remedy: str | None = strawberry.field(description="What a person can do about it.")
    invoice_id: strawberry.Private[str]

    @strawberry.field
    async def invoice(self, info: Info) -> Annotated["Invoice", strawberry.lazy("gateway.schema.types.invoice")] | None:
        """What is delivered."""
        found = await related(info).invoices.load(self.invoice_id)
        return invoices.Invoice.from_core(found) if found else None

    @strawberry.field
    async def steps(self, info: Info) -> list[DeliveryStep]:
        """The calls that were begun, in order."""
        return [DeliveryStep.from_core(each) for each in await related(info).journals.load(self.id)]

    @classmethod
    def from_core(cls, delivery: core.Delivery) -> Self:
        """The same delivery."""
        return cls(
            id=strawberry.ID(delivery.id),
            connection=delivery.connection,
            status=delivery.status,
            attempts=delivery.attempts,
            due_at=delivery.due_at,
            reason=delivery.reason,
            remedy=delivery.remedy,
            invoice_id=delivery.document_id,
        )
