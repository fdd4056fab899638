"""Mutations that void and credit invoices, and that say what is discounted and taxed."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.errors import InvalidValue
from gateway.core.invoicing import discounts as core
from gateway.core.invoicing import taxes as core_taxes
from gateway.core.invoicing.credit_notes import CreditItem, Disposition
from gateway.core.money import Money as CoreMoney
from gateway.core.ports.billing_terms import TaxScope
from gateway.schema.context import Info, asked_to_change
from gateway.schema.mutations.billing import IdempotencyKey, InvoiceId
from gateway.schema.types.credit_note import CreditNote
from gateway.schema.types.invoice import Invoice
from gateway.schema.types.payload import Payload, attempt
from gateway.services.coupons_and_taxes import create_coupon, redeem_coupon, set_tax_rates
from gateway.services.credit_invoice import CreditRequest, credit_invoice
from gateway.services.installation import Installation
from gateway.services.void_invoice import void_invoice


@strawberry.input
class CreditItemInput:
    """A part of a line to give back."""

    ordinal: int = strawberry.field(description="The line of the invoice, from 0.")
    amount: Decimal = strawberry.field(description="What of its amount, in major units, before discounts and taxes.")


@strawberry.input
class CreditInvoiceInput:
    """What to give back of an invoice."""

    invoice: strawberry.ID = strawberry.field(description="The invoice's id.")
    reason: str = strawberry.field(description="Why; kept for ever.")
    disposition: Disposition = strawberry.field(default=Disposition.RECEIVABLE, description="How the customer gets it.")
    items: list[CreditItemInput] = strawberry.field(
        default_factory=list, description="Which parts of which lines; all that is left without any."
    )

    def to_core(self, installation: Installation) -> CreditRequest:
        """The same request, in the money of the invoice. Raises `NotFound`, and `InvalidValue` for parts of a cent."""
        currency = installation.storage.read(lambda unit: unit.invoices.get(self.invoice)).currency
        items = tuple(CreditItem(item.ordinal, CoreMoney.named(item.amount, currency)) for item in self.items)
        return CreditRequest(self.invoice, self.reason, self.disposition, items)


@strawberry.input
class CouponInput:
    """A coupon: a percentage, or an amount in a currency."""

    key: str = strawberry.field(description="Its unique name.")
    percent: Decimal | None = strawberry.field(default=None, description="How many percent of what is left.")
    amount: Decimal | None = strawberry.field(default=None, description="What comes off, in major units.")
    currency: str | None = strawberry.field(default=None, description="The currency of the amount.")
    applies_to: list[str] = strawberry.field(default_factory=list, description="The keys of prices; all if empty.")
    duration: core.CouponDuration = strawberry.field(
        default=core.CouponDuration.ONCE, description="On how many invoices of a customer it counts."
    )
    repeats: int | None = strawberry.field(default=None, description="On how many, if it is repeating.")
    redemptions_max: int | None = strawberry.field(default=None, description="How often it can be redeemed.")
    redeem_by: datetime | None = strawberry.field(default=None, description="From when it cannot be redeemed.")

    def to_core(self) -> core.Coupon:
        """The same coupon. Raises `InvalidValue` if it does not say one thing to take off."""
        discount = core.Discount(self.key, self._value(), frozenset(self.applies_to))
        return core.Coupon(discount, self.duration, self.repeats, self.redemptions_max, self.redeem_by)

    def _value(self) -> core.Fixed | core.Percent:
        if self.percent is not None and self.amount is None and self.currency is None:
            return core.Percent(self.percent)
        if self.percent is None and self.amount is not None and self.currency is not None:
            return core.Fixed(self.amount, self.currency)
        raise InvalidValue(f"Coupon {self.key!r} takes off a `percent`, or an `amount` with its `currency`; give one")


@strawberry.input
class TaxRateInput:
    """A percentage of net amounts."""

    key: str = strawberry.field(description="The name of the tax.")
    percent: Decimal = strawberry.field(description="How much of a net amount; 0 with an exemption.")
    exemption: core_taxes.Exemption | None = strawberry.field(default=None, description="Why nothing is charged.")

    def to_core(self) -> core_taxes.TaxRate:
        """The same rate."""
        return core_taxes.TaxRate(self.key, self.percent, self.exemption)


Voided = Annotated[str, strawberry.argument(name="reason", description="Why it is void; kept for ever.")]
Credit = Annotated[CreditInvoiceInput, strawberry.argument(name="input", description="What to give back.")]
NewCoupon = Annotated[CouponInput, strawberry.argument(name="input", description="The coupon.")]
CouponKey = Annotated[str, strawberry.argument(name="coupon", description="The coupon's key.")]
CustomerKey = Annotated[str, strawberry.argument(name="customer", description="The customer's key.")]
RatesScope = Annotated[TaxScope, strawberry.argument(name="scope", description="What the rates are for.")]
RatesName = Annotated[str, strawberry.argument(name="name", description="Its key, or PLAN/PRICE for a price.")]
Rates = Annotated[list[TaxRateInput], strawberry.argument(name="rates", description="The rates; none ends them.")]


@strawberry.type
class VoidInvoicePayload(Payload):
    """The void invoice."""

    invoice: Invoice | None = strawberry.field(description="Null if it was refused.")


@strawberry.type
class CreditInvoicePayload(Payload):
    """The credit note."""

    credit_note: CreditNote | None = strawberry.field(description="Null if it was refused.")


@strawberry.type
class TermsPayload(Payload):
    """What applies from the next draft on."""

    key: str | None = strawberry.field(description="The key or name that was given; null if it was refused.")


@strawberry.type
class DocumentMutations:
    """What takes documents back, and what is taken off them and added to them."""

    @strawberry.mutation
    async def void_invoice(
        self, info: Info, invoice_id: InvoiceId, reason: Voided, idempotency_key: IdempotencyKey
    ) -> VoidInvoicePayload:
        """Void an invoice that is not paid; the next billing run bills its boundary again. Scope: finance."""
        context = asked_to_change(info, Scope.FINANCE)
        installation, actor = context.installation, context.caller.id
        done = await attempt(lambda: void_invoice(installation, invoice_id, actor, reason, idempotency_key))
        invoice = await context.loaders.invoices.load(done.value) if done.value else None
        return VoidInvoicePayload(invoice=Invoice.from_core(invoice) if invoice else None, user_errors=done.errors)

    @strawberry.mutation
    async def credit_invoice(self, info: Info, credit: Credit, idempotency_key: IdempotencyKey) -> CreditInvoicePayload:
        """Give back a part or all of a finalized invoice, at most what is left of it. Scope: finance."""
        context = asked_to_change(info, Scope.FINANCE)
        installation, actor = context.installation, context.caller.id
        done = await attempt(lambda: credit_invoice(installation, credit.to_core(installation), actor, idempotency_key))
        note = await context.loaders.credit_notes.load(done.value) if done.value else None
        return CreditInvoicePayload(credit_note=CreditNote.from_core(note) if note else None, user_errors=done.errors)

    @strawberry.mutation
    async def create_coupon(self, info: Info, coupon: NewCoupon, idempotency_key: IdempotencyKey) -> TermsPayload:
        """Offer a coupon, which never changes. Scope: billing."""
        context = asked_to_change(info, Scope.BILLING)
        installation, actor = context.installation, context.caller.id
        done = await attempt(lambda: create_coupon(installation, coupon.to_core(), actor, idempotency_key))
        return TermsPayload(key=done.value, user_errors=done.errors)

    @strawberry.mutation
    async def redeem_coupon(
        self, info: Info, coupon: CouponKey, customer: CustomerKey, idempotency_key: IdempotencyKey
    ) -> TermsPayload:
        """Let a customer have a coupon from the next draft on. Scope: billing."""
        context = asked_to_change(info, Scope.BILLING)
        installation, actor = context.installation, context.caller.id
        done = await attempt(lambda: redeem_coupon(installation, coupon, customer, actor, idempotency_key))
        return TermsPayload(key=done.value, user_errors=done.errors)

    @strawberry.mutation
    async def set_tax_rates(
        self, info: Info, scope: RatesScope, name: RatesName, rates: Rates, idempotency_key: IdempotencyKey
    ) -> TermsPayload:
        """Tax lines of a customer, a plan or a price from the next draft on. Scope: billing."""
        context = asked_to_change(info, Scope.BILLING)
        installation, actor = context.installation, context.caller.id
        done = await attempt(
            lambda: set_tax_rates(installation, scope, name, [rate.to_core() for rate in rates], actor, idempotency_key)
        )
        return TermsPayload(key=done.value, user_errors=done.errors)
