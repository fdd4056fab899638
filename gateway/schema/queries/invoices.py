"""Queries for invoices, their explanation and their deliveries."""

from dataclasses import replace
from datetime import date
from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.delivery import DeliveryStatus
from gateway.core.invoicing.invoice import InvoiceStatus
from gateway.core.ports.deliveries import DeliveryFilter
from gateway.core.ports.invoices import InvoiceFilter as CoreFilter
from gateway.schema.context import GatewayContext, Info, asked, asked_by_company
from gateway.schema.queries.customers import check_one
from gateway.schema.scalars import read_date
from gateway.schema.types.delivery import DELIVERIES, Delivery
from gateway.schema.types.explanation import LineExplanation
from gateway.schema.types.invoice import INVOICES, Invoice
from gateway.schema.types.page import After, Connection, CountedConnection, First, check_size, page_size_default

InvoiceId = Annotated[
    strawberry.ID | None, strawberry.argument(name="id", description="The id; give this or the number.")
]
Number = Annotated[str | None, strawberry.argument(description="The legal number; give this or the id.")]
LineId = Annotated[strawberry.ID, strawberry.argument(description="The line's id.")]
OfStatus = Annotated[DeliveryStatus | None, strawberry.argument(description="Only those in this state.")]
OfInvoice = Annotated[strawberry.ID | None, strawberry.argument(description="Only those of this invoice.")]


@strawberry.input
class InvoiceFilter:
    """Which invoices to list; each part that is given must fit."""

    customer: str | None = strawberry.field(default=None, description="Only of the customer with this key.")
    status: InvoiceStatus | None = strawberry.field(default=None, description="Only those in this state.")
    issued_from: date | None = strawberry.field(default=None, description="Issued on this day or later.")
    issued_before: date | None = strawberry.field(default=None, description="Issued before this day.")
    legal_entity: str | None = strawberry.field(default=None, description="Only of the legal entity with this key.")

    def to_core(self) -> CoreFilter:
        """The same filter."""
        return CoreFilter(
            self.customer, self.status, self.issued_from, self.issued_before, legal_entity=self.legal_entity
        )


NewestFirst = Annotated[
    bool, strawberry.argument(description="The newest first; else the oldest. A cursor keeps to the order it is from.")
]
Filter = Annotated[
    InvoiceFilter | None, strawberry.argument(name="filter", description="Which invoices; all without it.")
]


@strawberry.type
class InvoiceQueries:
    """What is owed, why, and who knows."""

    @strawberry.field
    async def invoices(
        self,
        info: Info,
        only: Filter = None,
        first: First = page_size_default,
        after: After = None,
        newest_first: NewestFirst = False,
    ) -> CountedConnection[Invoice]:
        """Invoices by day of issue; the finalized ones and those that were for a customer token."""
        context = asked(info, Scope.READ)
        size, begin = check_size(first), _place(INVOICES.after(after))
        matching = _confined(context, only.to_core() if only else CoreFilter())
        found = await context.read(lambda unit: unit.invoices.page(matching, begin, size, newest_first))

        async def count() -> int:
            return await context.read(lambda unit: unit.invoices.count(matching))

        return CountedConnection.of(INVOICES.page(found, first, after), Invoice.from_core, count=count)

    @strawberry.field
    async def invoice(self, info: Info, invoice_id: InvoiceId = None, number: Number = None) -> Invoice | None:
        """One invoice."""
        context = asked(info, Scope.READ)
        check_one(invoice_id, number, "number")
        if number is not None:
            numbered = await context.read(lambda unit: unit.invoices.by_number(number))
            invoice_id = strawberry.ID(numbered.id) if numbered else None
        found = await context.loaders.invoices.load(invoice_id) if invoice_id is not None else None
        return Invoice.from_core(found) if found else None

    @strawberry.field
    async def explain_line(self, info: Info, line: LineId) -> LineExplanation | None:
        """Counts a line again from the log, and says how its amount came about. Takes longer for more events."""
        context = asked(info, Scope.READ)
        invoice_id, _, ordinal = line.rpartition(":")
        invoice = await context.loaders.invoices.load(invoice_id)
        if invoice is None or ordinal not in map(str, range(len(invoice.lines))):
            return None
        subscription = await context.loaders.subscriptions.load(invoice.key.subscription_id)
        return LineExplanation.from_core(invoice, int(ordinal), subscription.time_zone if subscription else "UTC")

    @strawberry.field
    async def deliveries(
        self,
        info: Info,
        status: OfStatus = None,
        invoice: OfInvoice = None,
        first: First = page_size_default,
        after: After = None,
    ) -> Connection[Delivery]:
        """Deliveries to providers; not for customer tokens."""
        context = asked_by_company(info, Scope.READ)
        size, (begin,) = check_size(first), DELIVERIES.after(after) or (None,)
        matching = DeliveryFilter(status, invoice)
        found = await context.read(lambda unit: unit.deliveries.page(matching, begin, size))
        return Connection.of(DELIVERIES.page(found, first, after), Delivery.from_core)


def _place(after: tuple[str, str] | None) -> tuple[date, str] | None:
    """Where a page begins. Raises `InvalidValue` if the day in the cursor does not exist."""
    return None if after is None else (read_date(after[0]), after[1])


def _confined(context: GatewayContext, matching: CoreFilter) -> CoreFilter:
    """A customer sees its own invoices, once they are issued."""
    is_issued = True if context.caller.customer is not None else None
    return replace(matching, customer=context.confined(matching.customer), is_issued=is_issued)
