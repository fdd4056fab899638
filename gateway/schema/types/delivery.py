"""Deliveries: how documents travel to a provider."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from gateway.core import delivery as core
from gateway.schema.context import Info, related
from gateway.schema.types import credit_note as credit_notes
from gateway.schema.types import invoice as invoices
from gateway.schema.types.customer import Customer
from gateway.schema.types.page import Node, Paging

if TYPE_CHECKING:
    from gateway.schema.types.credit_note import CreditNote
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
    """A document on its way to one connection of a provider."""

    kind: core.Delivered = strawberry.field(description="What is delivered.")
    connection: str = strawberry.field(description="The configured connection.")
    status: core.DeliveryStatus = strawberry.field(description="Where it is on its way.")
    attempts: int = strawberry.field(description="How often it failed since it was last begun.")
    due_at: datetime | None = strawberry.field(description="When it is tried next.")
    reason: str | None = strawberry.field(description="Why it failed or waits.")
    remedy: str | None = strawberry.field(description="What a person can do about it.")
    document_id: strawberry.Private[str]

    @strawberry.field
    async def customer(self, info: Info) -> Customer | None:
        """Whose document it is, or who moves or is linked; null where it is about no customer."""
        key = await related(info).delivery_customers.load(self.id)
        found = await related(info).customers.load(key) if key else None
        return Customer.from_core(found) if found else None

    @strawberry.field
    async def invoice(self, info: Info) -> Annotated["Invoice", strawberry.lazy("gateway.schema.types.invoice")] | None:
        """The invoice that is delivered, or that is void; null for anything else."""
        invoice_id = core.delivered_invoice(self.document_id)
        found = await related(info).invoices.load(invoice_id) if invoice_id else None
        return invoices.Invoice.from_core(found) if found else None

    @strawberry.field
    async def credit_note(
        self, info: Info
    ) -> Annotated["CreditNote", strawberry.lazy("gateway.schema.types.credit_note")] | None:
        """The credit note that is delivered; null for anything else."""
        if self.kind is not core.Delivered.CREDIT_NOTE:
            return None
        found = await related(info).credit_notes.load(self.document_id)
        return credit_notes.CreditNote.from_core(found) if found else None

    @strawberry.field
    async def steps(self, info: Info) -> list[DeliveryStep]:
        """The calls that were begun, in order."""
        return [DeliveryStep.from_core(each) for each in await related(info).journals.load(self.id)]

    @classmethod
    def from_core(cls, delivery: core.Delivery) -> Self:
        """The same delivery."""
        return cls(
            id=strawberry.ID(delivery.id),
            kind=core.delivered_kind(delivery.document_id),
            connection=delivery.connection,
            status=delivery.status,
            attempts=delivery.attempts,
            due_at=delivery.due_at,
            reason=delivery.reason,
            remedy=delivery.remedy,
            document_id=delivery.document_id,
        )
