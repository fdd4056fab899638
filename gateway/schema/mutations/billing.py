"""Mutations that bill, approve and deliver; each takes an idempotency key that is remembered for ever."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self

import strawberry

from gateway.core.access import Scope
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import instant_text, read_instant
from gateway.schema.context import Info, asked_to_change
from gateway.schema.mutations.remembered import once_in_steps
from gateway.schema.types.delivery import Delivery
from gateway.schema.types.invoice import Invoice
from gateway.schema.types.page import After, CountedConnection, First, Paging, constant, page_size_default
from gateway.schema.types.payload import Payload, attempt
from gateway.services.bill import BillingRun, bill_due
from gateway.services.remember import once
from gateway.services.resolve_review import approve
from gateway.services.settle_delivery import settle_by_hand

failures_max = 100

BILLED: Paging[tuple[int, str]] = Paging("billed", (int,), lambda each: (each[0],))

AsOfInstant = Annotated[
    datetime | None, strawberry.argument(description="Bill what was due then; what is due now without it.")
]
IdempotencyKey = Annotated[
    str,
    strawberry.argument(
        description="Any text of your own. The same key with the same arguments gives the same answer for ever."
    ),
]
InvoiceId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The invoice's id.")]
Reason = Annotated[str, strawberry.argument(description="Why it may go out; kept for ever.")]
SettledBecause = Annotated[str, strawberry.argument(description="What was done instead, and where; kept for ever.")]
DeliveryId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The delivery's id.")]


@strawberry.type
class BillingFailure:
    """A boundary that could not be billed. The others were, and the next run tries it again."""

    subscription_id: strawberry.ID = strawberry.field(description="Whose boundary.")
    boundary_at: datetime = strawberry.field(description="The instant to bill.")
    reason: str = strawberry.field(description="What went wrong.")


@strawberry.type
class BillDuePayload(Payload):
    """What the run came to."""

    failed: list[BillingFailure] = strawberry.field(description=f"What failed; the first {failures_max}.")
    finalized_ids: strawberry.Private[Sequence[str]]
    held_ids: strawberry.Private[Sequence[str]]
    awaiting_quote_ids: strawberry.Private[Sequence[str]]

    @strawberry.field
    async def finalized(
        self, info: Info, first: First = page_size_default, after: After = None
    ) -> CountedConnection[Invoice]:
        """The invoices it finalized, in the order of billing."""
        return await _billed(info, self.finalized_ids, first, after)

    @strawberry.field
    async def held(
        self, info: Info, first: First = page_size_default, after: After = None
    ) -> CountedConnection[Invoice]:
        """The invoices it held for a person, in the order of billing."""
        return await _billed(info, self.held_ids, first, after)

    @strawberry.field
    async def awaiting_quote(
        self, info: Info, first: First = page_size_default, after: After = None
    ) -> CountedConnection[Invoice]:
        """The invoices that become final once the provider has quoted their taxes, in the order of billing.
        `deliveries(kind: TAX_QUOTE)` says how far the questions are.
        """
        return await _billed(info, self.awaiting_quote_ids, first, after)

    @classmethod
    def from_answer(cls, answer: dict[str, Any]) -> Self:
        """The payload of a run that was remembered."""
        failed = [
            BillingFailure(
                subscription_id=each["subscription"],
                boundary_at=read_instant(each["boundary_at"]),
                reason=each["reason"],
            )
            for each in answer["failed"]
        ]
        return cls(
            failed=failed,
            finalized_ids=answer["finalized"],
            held_ids=answer["held"],
            # What was remembered before runs told it has none.
            awaiting_quote_ids=answer.get("awaiting_quote", []),
            user_errors=[],
        )


@strawberry.type
class ApproveInvoicePayload(Payload):
    """The approved invoice."""

    invoice: Invoice | None = strawberry.field(description="Null if it was refused.")


@strawberry.type
class ResumeDeliveryPayload(Payload):
    """The resumed delivery."""

    delivery: Delivery | None = strawberry.field(description="Null if it was refused.")


@strawberry.type
class SettleDeliveryPayload(Payload):
    """The delivery that was settled."""

    delivery: Delivery | None = strawberry.field(description="Delivered, with who settled it and why as its reason.")


@strawberry.type
class BillingMutations:
    """What moves money or makes documents."""

    @strawberry.mutation
    async def bill_due(self, info: Info, idempotency_key: IdempotencyKey, as_of: AsOfInstant = None) -> BillDuePayload:
        """Bill every boundary that is due. Billing twice makes one invoice. Scope: billing."""
        context = asked_to_change(info, Scope.BILLING)
        installation, actor, projector = context.installation, context.caller.id, context.projector
        request = {"mutation": "billDue", "as_of": None if as_of is None else instant_text(as_of)}

        def work() -> str:
            return _answer(bill_due(installation, projector, as_of))

        done = await attempt(lambda: once_in_steps(installation, actor, idempotency_key, request, work))
        if done.value is None:
            return BillDuePayload(
                failed=[], finalized_ids=[], held_ids=[], awaiting_quote_ids=[], user_errors=done.errors
            )
        return BillDuePayload.from_answer(json.loads(done.value))

    @strawberry.mutation
    async def approve_invoice(
        self, info: Info, invoice_id: InvoiceId, reason: Reason, idempotency_key: IdempotencyKey
    ) -> ApproveInvoicePayload:
        """Let a held invoice go out; the next billing run finalizes it. Scope: finance."""
        context = asked_to_change(info, Scope.FINANCE)
        done = await attempt(
            lambda: approve(context.installation, invoice_id, context.caller.id, reason, idempotency_key)
        )
        invoice = await context.loaders.invoices.load(done.value) if done.value else None
        return ApproveInvoicePayload(invoice=Invoice.from_core(invoice) if invoice else None, user_errors=done.errors)

    @strawberry.mutation
    async def resume_delivery(
        self, info: Info, delivery_id: DeliveryId, idempotency_key: IdempotencyKey
    ) -> ResumeDeliveryPayload:
        """Let a parked delivery go on where it stopped. Scope: billing."""
        context = asked_to_change(info, Scope.BILLING)
        installation, now = context.installation, context.installation.system_clock.now()
        request = {"mutation": "resumeDelivery", "id": delivery_id}
        done = await attempt(
            lambda: once(
                installation,
                context.caller.id,
                idempotency_key,
                request,
                lambda unit: unit.deliveries.resume(delivery_id, now).id,
            )
        )
        delivery = await context.loaders.deliveries.load(done.value) if done.value else None
        return ResumeDeliveryPayload(
            delivery=Delivery.from_core(delivery) if delivery else None, user_errors=done.errors
        )

    @strawberry.mutation
    async def settle_delivery(
        self, info: Info, delivery_id: DeliveryId, reason: SettledBecause, idempotency_key: IdempotencyKey
    ) -> SettleDeliveryPayload:
        """Close a parked delivery, because a person has done elsewhere what it was to do, or it is wanted no more.

        For credit notes, voidings, payments and links; an invoice has to get there, and a move is given up by another
        switch. Scope: finance.
        """
        context = asked_to_change(info, Scope.FINANCE)
        installation, actor = context.installation, context.caller.id
        request = {"mutation": "settleDelivery", "id": delivery_id, "reason": reason}

        def settle(unit: UnitOfWork) -> str:
            return settle_by_hand(unit, installation, delivery_id, actor, reason)

        done = await attempt(lambda: once(installation, actor, idempotency_key, request, settle))
        delivery = await context.loaders.deliveries.load(done.value) if done.value else None
        return SettleDeliveryPayload(
            delivery=Delivery.from_core(delivery) if delivery else None, user_errors=done.errors
        )


def _answer(run: BillingRun) -> str:
    """What is remembered of a run."""
    failed = [
        {"subscription": each.subscription_id, "boundary_at": instant_text(each.boundary_at), "reason": each.reason}
        for each in run.failed[:failures_max]
    ]
    ids = {"finalized": run.finalized, "held": run.held, "awaiting_quote": run.awaiting_quote}
    return json.dumps({**ids, "failed": failed})


async def _billed(info: Info, ids: Sequence[str], first: int, after: str | None) -> CountedConnection[Invoice]:
    page = BILLED.slice(enumerate(ids), first, after)
    found = await info.context.loaders.invoices.load_many([each for _, each in page.values])
    shown = {invoice.id: Invoice.from_core(invoice) for invoice in found if invoice}
    return CountedConnection.of(page, lambda each: shown[each[1]], count=constant(len(ids)))
