"""The mutation of payments that came by another way."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.schema.context import Info, asked_to_change
from gateway.schema.mutations.billing import IdempotencyKey
from gateway.schema.types.invoice import Invoice
from gateway.schema.types.payload import Payload, attempt
from gateway.services.installation import Installation
from gateway.services.record_payment import PaymentRequest, record_payment, whole_minor


@strawberry.input
class RecordPaymentInput:
    """Money for an invoice that came by another way than the provider."""

    invoice: strawberry.ID = strawberry.field(description="The invoice's id.")
    received_on: date = strawberry.field(description="The day on which it came.")
    amount: Decimal | None = strawberry.field(
        default=None, description="How much, in major units; all that is due without it."
    )
    method: str = strawberry.field(default="", description="How it came, such as `bank transfer`.")
    reference: str = strawberry.field(default="", description="What it is called there, such as a bank's reference.")

    def to_core(self, installation: Installation) -> PaymentRequest:
        """The same request. Raises `NotFound`, and `InvalidValue` for parts of a minor unit."""
        minor = None
        if self.amount is not None:
            currency = installation.storage.read(lambda unit: unit.invoices.get(self.invoice)).currency
            minor = whole_minor(self.amount, currency)
        return PaymentRequest(self.invoice, self.received_on, minor, self.method, self.reference)


Payment = Annotated[RecordPaymentInput, strawberry.argument(name="input", description="What came.")]


@strawberry.type
class RecordPaymentPayload(Payload):
    """The invoice, which is paid once the provider has recorded the payment."""

    payment_id: strawberry.ID | None = strawberry.field(description="The payment's id; null if it was refused.")
    invoice: Invoice | None = strawberry.field(description="Null if it was refused.")


@strawberry.type
class PaymentMutations:
    """What is paid elsewhere."""

    @strawberry.mutation
    async def record_payment(
        self, info: Info, payment: Payment, idempotency_key: IdempotencyKey
    ) -> RecordPaymentPayload:
        """Keep a payment that came by another way, and have the provider record it. Scope: finance."""
        context = asked_to_change(info, Scope.FINANCE)
        installation, actor = context.installation, context.caller.id
        done = await attempt(
            lambda: record_payment(installation, payment.to_core(installation), actor, idempotency_key)
        )
        found = await context.loaders.invoices.load(payment.invoice) if done.value else None
        return RecordPaymentPayload(
            payment_id=strawberry.ID(done.value) if done.value else None,
            invoice=Invoice.from_core(found) if found else None,
            user_errors=done.errors,
        )
