"""Queries for previews, credit notes, coupons and tax rates."""

from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.time import read_zone
from gateway.schema.context import Info, asked, asked_by_company
from gateway.schema.threads import hop
from gateway.schema.types.credit_note import CREDIT_NOTES, CreditNote
from gateway.schema.types.page import After, Connection, First, check_size, page_size_default
from gateway.schema.types.preview import InvoicePreview
from gateway.schema.types.terms import Coupon, TaxRate, TaxRule
from gateway.services.preview_invoice import preview_invoice

OfSubscription = Annotated[strawberry.ID, strawberry.argument(description="The subscription's id.")]
OfCustomer = Annotated[str | None, strawberry.argument(description="Only those of the customer with this key.")]


@strawberry.type
class DocumentQueries:
    """What an invoice will be, and what was given back of those that are."""

    @strawberry.field
    async def preview_invoice(self, info: Info, subscription: OfSubscription) -> InvoicePreview | None:
        """The draft of the running period, by live counts; null where none runs that bills anything."""
        context = asked(info, Scope.READ)
        found = await context.loaders.subscriptions.load(subscription)
        if found is None:
            return None
        installation, projector = context.installation, context.projector
        preview = await hop(lambda: preview_invoice(installation, projector, subscription))
        return InvoicePreview.from_core(preview, read_zone(found.time_zone), context.caller) if preview else None

    @strawberry.field
    async def credit_notes(
        self, info: Info, customer: OfCustomer = None, first: First = page_size_default, after: After = None
    ) -> Connection[CreditNote]:
        """Credit notes by number."""
        context = asked(info, Scope.READ)
        size, (begin,) = check_size(first), CREDIT_NOTES.after(after) or (None,)
        owner = context.confined(customer)
        found = await context.read(lambda unit: unit.credit_notes.page(begin, size, owner))
        return Connection.of(CREDIT_NOTES.page(found, first, after), CreditNote.from_core)

    @strawberry.field
    async def coupons(self, info: Info) -> list[Coupon]:
        """All coupons, by key; not for customer tokens."""
        context = asked_by_company(info, Scope.READ)
        return [Coupon.from_core(each) for each in await context.read(lambda unit: unit.terms.coupons())]

    @strawberry.field
    async def tax_rules(self, info: Info) -> list[TaxRule]:
        """Tax rates of customers, plans and prices; not for customer tokens."""
        context = asked_by_company(info, Scope.READ)
        found = await context.read(lambda unit: unit.terms.tax_rates())
        return [
            TaxRule(scope=scope, name=name, rates=[TaxRate.from_core(rate) for rate in rates])
            for (scope, name), rates in found.items()
        ]
