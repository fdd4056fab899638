"""The invoice that the end of a running period would bill by now."""

from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

import strawberry

from gateway.core.access import Caller
from gateway.core.invoicing.invoice import Invoice
from gateway.core.money import Money as CoreMoney
from gateway.schema.types.invoice import BilledLine, Hold, billed_fields
from gateway.schema.types.money import Money
from gateway.schema.types.terms import TaxTotal
from gateway.schema.types.usage import AsOf
from gateway.services import preview_invoice as services


@strawberry.type
class PreviewLine(BilledLine):
    """A line that the invoice would have."""


@strawberry.type
class Unissued:
    """What an invoice would come to that is not made."""

    subtotal: Money = strawberry.field(description="The sum of its lines before discounts and taxes.")
    discount: Money = strawberry.field(description="What discounts and promotional credit take off.")
    net: Money = strawberry.field(description="What is left before tax.")
    tax: Money = strawberry.field(description="The taxes of all rates.")
    total: Money = strawberry.field(description="The net amount and the taxes; may be below zero.")
    carried_over: Money = strawberry.field(description="What a total below zero would leave the customer as credit.")
    taxes: list[TaxTotal] = strawberry.field(description="The taxes by rate.")
    paid_by_credit: Money = strawberry.field(description="What the customer's paid credit would pay of it.")
    amount_due: Money = strawberry.field(description="What credit would leave to be paid of the total.")
    lines: list[PreviewLine] = strawberry.field(description="What would be billed.")

    @staticmethod
    def fields_from(invoice: Invoice, paid: CoreMoney, zone: ZoneInfo) -> dict[str, Any]:
        """The fields of an invoice of the core of which credit pays `paid`, with its days in `zone`."""
        return {
            **billed_fields(invoice),
            "paid_by_credit": Money.from_core(paid),
            "amount_due": Money.from_core(invoice.payable - paid),
            "lines": [PreviewLine(**PreviewLine.fields_from(line, zone)) for line in invoice.lines],
        }


@strawberry.type
class InvoicePreview(Unissued):
    """A draft of the running period: usage that is not billed yet, fees in arrears, true-ups, next fees in advance."""

    at: datetime = strawberry.field(description="Usage before this instant is in it.")
    boundary_at: datetime = strawberry.field(description="When the period ends and is billed.")
    currency: str = strawberry.field(description="The ISO 4217 code of its amounts.")
    left_out: list[Hold] = strawberry.field(
        description="Usage without a price, or beyond a safety bound; a customer token is shown none."
    )
    as_of: AsOf = strawberry.field(description="How current the usage is.")

    @classmethod
    def from_core(cls, preview: services.InvoicePreview, zone: ZoneInfo, caller: Caller) -> Self:
        """The same preview with its days in `zone`, as `caller` may see it."""
        invoice = preview.invoice
        left_out = preview.left_out if caller.customer is None else ()
        return cls(
            at=preview.at,
            boundary_at=invoice.key.boundary_at,
            currency=invoice.currency,
            **cls.fields_from(invoice, preview.paid, zone),
            left_out=[Hold.from_core(each) for each in left_out],
            as_of=AsOf.from_core(preview.as_of, caller),
        )
