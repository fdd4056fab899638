"""Credit notes: what is given back of invoices."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from gateway.core.invoicing import credit_notes as core
from gateway.schema.context import Info, related
from gateway.schema.types import invoice as invoices
from gateway.schema.types.legal_entity import LegalEntity
from gateway.schema.types.money import Money
from gateway.schema.types.page import Node, Paging
from gateway.schema.types.terms import LineTax

if TYPE_CHECKING:
    from gateway.schema.types.invoice import Invoice

CREDIT_NOTES: Paging[core.CreditNote] = Paging("creditNotes", (str,), lambda each: (each.number,))


@strawberry.type
class CreditNoteLine:
    """What is given back of one line of the invoice."""

    ordinal: int = strawberry.field(description="The line of the invoice, from 0.")
    amount: Money = strawberry.field(description="What of its amount is given back, before discounts and taxes.")
    discount: Money = strawberry.field(description="The discount that came off it and is taken back.")
    net: Money = strawberry.field(description="What is given back before tax.")
    taxes: list[LineTax] = strawberry.field(description="The taxes that are given back.")
    gross: Money = strawberry.field(description="What the customer gets back for it.")

    @classmethod
    def from_core(cls, line: core.CreditNoteLine) -> Self:
        """The same line."""
        return cls(
            ordinal=line.line,
            amount=Money.from_core(line.amount),
            discount=Money.from_core(line.discount),
            net=Money.from_core(line.net),
            taxes=LineTax.list_from(line.taxes),
            gross=Money.from_core(line.gross),
        )


@strawberry.type
class CreditDisposition:
    """How the customer gets a part of what a credit note gives back."""

    kind: core.Disposition = strawberry.field(description="In which way.")
    amount: Money = strawberry.field(description="How much.")


@strawberry.type
class CreditNote(Node):
    """A document that gives back a part or all of an invoice; it never changes."""

    number: str = strawberry.field(description="The legal number, in a series of its own.")
    customer_key: str = strawberry.field(description="Who gets it back.")
    reason: str = strawberry.field(description="Why.")
    issued_on: date = strawberry.field(description="The local day it is dated on.")
    net: Money = strawberry.field(description="What is given back before tax.")
    tax: Money = strawberry.field(description="The taxes that are given back.")
    total: Money = strawberry.field(description="What the customer gets back.")
    lines: list[CreditNoteLine] = strawberry.field(description="What is given back of which line.")
    dispositions: list[CreditDisposition] = strawberry.field(description="How the customer gets it.")
    invoice_id: strawberry.Private[str]
    issued_by: strawberry.Private[tuple[str, int]]

    @strawberry.field
    def pdf_url(self) -> str:
        """Where the server has it as PDF, for whoever may see it; sent with the same `Authorization` header."""
        return f"/v1/documents/{self.id}.pdf"

    @strawberry.field
    async def issuer(self, info: Info) -> LegalEntity | None:
        """Who issues it, as they were when they did."""
        found = await related(info).legal_entities.load(self.issued_by)
        return LegalEntity.from_core(found) if found else None

    @strawberry.field
    async def invoice(self, info: Info) -> Annotated["Invoice", strawberry.lazy("gateway.schema.types.invoice")] | None:
        """The invoice that it is on."""
        found = await related(info).invoices.load(self.invoice_id)
        return invoices.Invoice.from_core(found) if found else None

    @classmethod
    def from_core(cls, note: core.CreditNote) -> Self:
        """The same credit note."""
        return cls(
            id=strawberry.ID(note.id),
            number=note.number,
            customer_key=note.customer,
            reason=note.reason,
            issued_on=note.issued_on,
            net=Money.from_core(note.net),
            tax=Money.from_core(note.tax),
            total=Money.from_core(note.total),
            lines=[CreditNoteLine.from_core(line) for line in note.lines],
            dispositions=[
                CreditDisposition(kind=kind, amount=Money.from_core(amount)) for kind, amount in note.dispositions
            ],
            invoice_id=note.invoice_id,
            issued_by=(note.legal_entity, note.legal_entity_version),
        )
