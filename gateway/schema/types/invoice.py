"""Invoices: their lines, states and holds."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Self
from zoneinfo import ZoneInfo

import strawberry

from gateway.core.gate import discrepancy as gate
from gateway.core.invoicing import invoice as core
from gateway.core.invoicing.document_issuer import DocumentIssuer
from gateway.core.invoicing.totals import tax_totals
from gateway.core.legal_entity import UNNAMED_ENTITY
from gateway.core.money import Money as CoreMoney
from gateway.core.time import read_zone
from gateway.documents.html import page_of
from gateway.documents.invoice_sheet import invoice_sheet
from gateway.schema.context import Info, related
from gateway.schema.scalars import Long
from gateway.schema.types import credit_note as credit_notes
from gateway.schema.types import delivery as deliveries
from gateway.schema.types import provider_difference as differences
from gateway.schema.types import rerating
from gateway.schema.types.addressee import Addressee
from gateway.schema.types.customer import Customer
from gateway.schema.types.legal_entity import LegalEntity
from gateway.schema.types.line import Line, line_fields
from gateway.schema.types.money import DimensionValue, Money
from gateway.schema.types.page import Node, Paging
from gateway.schema.types.plan import PlanVersion
from gateway.schema.types.subscription import Subscription
from gateway.schema.types.terms import LineDiscount, LineTax, TaxTotal
from gateway.services.show_document import LegalDocument, given_back, legal_document, payment_state

if TYPE_CHECKING:
    from gateway.schema.types.credit_note import CreditNote
    from gateway.schema.types.delivery import Delivery
    from gateway.schema.types.provider_difference import ProviderDifference
    from gateway.schema.types.rerating import Revision

INVOICES: Paging[core.Invoice] = Paging("invoices", (str, str), lambda each: (each.issued_on.isoformat(), each.id))


@strawberry.type
class EvidenceEvent:
    """An event that two counts count otherwise."""

    position: Long = strawberry.field(description="Its place in the log.")
    source: str = strawberry.field(description="Who sent it.")
    event_id: str = strawberry.field(description="What its sender calls it.")

    @classmethod
    def from_core(cls, event: gate.EventName) -> Self:
        """The same event."""
        return cls(position=Long(event.position), source=event.source, event_id=event.id)


@strawberry.type
class Hold:
    """Why an invoice waits for a person: one difference with its evidence."""

    kind: gate.DiscrepancyKind = strawberry.field(description="What does not agree.")
    meter_key: str = strawberry.field(description="The meter it is about.")
    dimensions: list[DimensionValue] = strawberry.field(description="The part of its usage it is about.")
    expected: str = strawberry.field(description="What the recount says.")
    found: str = strawberry.field(description="What was found instead.")
    detail: str = strawberry.field(description="The difference in words.")
    events: list[EvidenceEvent] = strawberry.field(description="The first events that differ, where they are known.")
    cause: gate.Cause | None = strawberry.field(description="Where the fault probably is; null if nothing suggests it.")

    @classmethod
    def from_core(cls, discrepancy: gate.Discrepancy) -> Self:
        """The hold that a discrepancy puts on its invoice."""
        return cls(
            kind=discrepancy.kind,
            meter_key=discrepancy.meter,
            dimensions=DimensionValue.list_from(discrepancy.dimensions),
            expected=discrepancy.expected,
            found=discrepancy.found,
            detail=discrepancy.detail,
            events=[EvidenceEvent.from_core(each) for each in discrepancy.events],
            cause=discrepancy.cause,
        )


@strawberry.type
class Resolution:
    """Who let a held invoice go out, and why; kept for ever."""

    actor: str = strawberry.field(description="The id of the key that approved it.")
    reason: str = strawberry.field(description="Why it may go out.")
    resolved_at: datetime = strawberry.field(description="When, by business time.")

    @classmethod
    def from_core(cls, resolution: gate.Resolution) -> Self:
        """The same resolution."""
        return cls(actor=resolution.actor, reason=resolution.reason, resolved_at=resolution.resolved_at)


@strawberry.type
class Voiding:
    """Who voided an invoice, and why; kept for ever."""

    actor: str = strawberry.field(description="The id of the key that voided it.")
    reason: str = strawberry.field(description="Why.")
    voided_at: datetime = strawberry.field(description="When, by business time.")


@strawberry.type
class BilledLine(Line):
    """A line with what discounts and taxes make of it."""

    discounts: list[LineDiscount] = strawberry.field(description="What comes off its amount.")
    net: Money = strawberry.field(description="Its amount after discounts, before tax.")
    taxes: list[LineTax] = strawberry.field(description="Its shares of taxes.")
    gross: Money = strawberry.field(description="What is to be paid for it.")

    @staticmethod
    def fields_from(line: core.InvoiceLine, zone: ZoneInfo) -> dict[str, Any]:
        """The fields of a line of the core."""
        return {
            **line_fields(line, zone),
            "discounts": LineDiscount.list_from(line.discounts),
            "net": Money.from_core(line.net),
            "taxes": LineTax.list_from(line.taxes),
            "gross": Money.from_core(line.gross),
        }


@strawberry.type
class InvoiceLine(BilledLine, Node):
    """A line of an invoice. `explainLine` counts it again from the log."""

    ordinal: int = strawberry.field(description="Its place on the invoice, from 0.")
    invoice_id: strawberry.Private[str]

    @strawberry.field
    async def invoice(self, info: Info) -> Annotated["Invoice", strawberry.lazy("gateway.schema.types.invoice")] | None:
        """The invoice it is on."""
        found = await related(info).invoices.load(self.invoice_id)
        return Invoice.from_core(found) if found else None

    @classmethod
    def from_core(cls, invoice: core.Invoice, ordinal: int, zone: ZoneInfo) -> Self:
        """Line `ordinal` of `invoice`, with its days in `zone`."""
        return cls(
            id=strawberry.ID(f"{invoice.id}:{ordinal}"),
            ordinal=ordinal,
            invoice_id=invoice.id,
            **cls.fields_from(invoice.lines[ordinal], zone),
        )


@strawberry.type
class Invoice(Node):
    """A bill for one boundary of a subscription; its content never changes once it is finalized."""

    number: str | None = strawberry.field(
        description="Our number, from finalizing on: the legal one, or our reference where the provider numbers it."
    )
    numbered_by: DocumentIssuer = strawberry.field(
        description="Who numbers the legal invoice; settled when it is finalized."
    )
    status: core.InvoiceStatus = strawberry.field(description="Where the document is in its life.")
    payment_status: core.PaymentStatus = strawberry.field(description="What the provider says about the money.")
    paid_by: core.PaidBy | None = strawberry.field(
        description="What paid it; null while it is not paid, and where nothing was to be paid."
    )
    customer_key: str = strawberry.field(description="Who owes it.")
    currency: str = strawberry.field(description="The ISO 4217 code of its amounts.")
    subtotal: Money = strawberry.field(description="The sum of its lines before discounts and taxes.")
    discount: Money = strawberry.field(description="What discounts take off.")
    net: Money = strawberry.field(description="What is left before tax.")
    tax: Money = strawberry.field(description="The taxes of all rates.")
    total: Money = strawberry.field(
        description="The net amount and the taxes; below zero where more is given back than billed."
    )
    carried_over: Money = strawberry.field(
        description="What a total below zero leaves the customer, as credit once the invoice is final."
    )
    taxes: list[TaxTotal] = strawberry.field(description="The taxes by rate, each rounded once.")
    issued_on: date = strawberry.field(description="The local day it is dated on.")
    due_on: date | None = strawberry.field(
        description="Until when what is due is to be paid, from finalizing on; null where nothing is due."
    )
    kind: str = strawberry.field(
        description="`period`; `advance` where fees go out alone; `progressive` for usage of a period that runs."
    )
    sequence: int = strawberry.field(description="Counts the progressive invoices of a period, from 0.")
    boundary_at: datetime = strawberry.field(
        description="The instant it bills: what ended there and what begins; a progressive one has its period's start."
    )
    billed_before: list[strawberry.ID] = strawberry.field(
        description="The invoices that billed a part of its usage before; lines of it take that off."
    )
    finalized_at: datetime | None = strawberry.field(description="When it became final, by business time.")
    cut_off: Long = strawberry.field(description="The place in the log up to which events were counted.")
    plan_key: str = strawberry.field(description="The plan it was rated by.")
    plan_version: int = strawberry.field(description="Which version of the plan.")
    engine_version: int = strawberry.field(description="Which version of the rating engine.")
    inputs_hash: str = strawberry.field(description="SHA-256 of all that rating read.")
    state: strawberry.Private[core.Invoice]

    @strawberry.field
    async def customer(self, info: Info) -> Customer | None:
        """Who owes it."""
        found = await related(info).customers.load(self.customer_key)
        return Customer.from_core(found) if found else None

    @strawberry.field
    def addressee(self) -> Addressee | None:
        """Whom it is for, as the customer was described when it was finalized; null before."""
        return Addressee.from_core(self.state.addressee) if self.state.addressee else None

    @strawberry.field
    async def issuer(self, info: Info) -> LegalEntity | None:
        """Who issues it: as they were when it was finalized, or as they are now before."""
        found = await related(info).legal_entities.load(self._issued_by())
        return LegalEntity.from_core(found) if found else None

    @strawberry.field
    async def subscription(self, info: Info) -> Subscription | None:
        """What it bills."""
        found = await related(info).subscriptions.load(self.state.key.subscription_id)
        return Subscription.from_core(found) if found else None

    @strawberry.field
    async def plan(self, info: Info) -> PlanVersion | None:
        """The plan version it was rated by."""
        found = (await related(info).catalogue()).plans.get((self.plan_key, self.plan_version))
        return PlanVersion.from_core(found) if found else None

    @strawberry.field
    async def paid_by_credit(self, info: Info) -> Money:
        """What the customer's paid credit paid of it."""
        return Money.from_core(await self._paid_by_credit(info))

    @strawberry.field
    async def amount_due(self, info: Info) -> Money:
        """What credit left to be paid of the total; nothing where that is below zero."""
        return Money.from_core(self.state.payable - await self._paid_by_credit(info))

    @strawberry.field
    async def lines(self, info: Info) -> list[InvoiceLine]:
        """What is billed: one line for each price, or for each dimension value of a price."""
        subscription = await info.context.loaders.subscriptions.load(self.state.key.subscription_id)
        zone = read_zone(subscription.time_zone if subscription else "UTC")
        return [InvoiceLine.from_core(self.state, ordinal, zone) for ordinal in range(len(self.state.lines))]

    @strawberry.field
    async def holds(self, info: Info) -> list[Hold]:
        """Why it waited, or waits, for a person; a customer token is shown none."""
        if info.context.caller.customer is not None:
            return []
        return [Hold.from_core(each) for each in await related(info).holds.load(self.state.id)]

    @strawberry.field
    async def resolution(self, info: Info) -> Resolution | None:
        """Who let it go out after a hold, and why; a customer token is not told."""
        if info.context.caller.customer is not None:
            return None
        found = await related(info).resolutions.load(self.state.id)
        return Resolution.from_core(found) if found else None

    @strawberry.field
    async def credit_notes(
        self, info: Info
    ) -> list[Annotated["CreditNote", strawberry.lazy("gateway.schema.types.credit_note")]]:
        """What was given back of it, in the order of their numbers."""
        found = await related(info).credit_notes_of.load(self.state.id)
        return [credit_notes.CreditNote.from_core(each) for each in found]

    @strawberry.field
    async def revisions(
        self, info: Info
    ) -> list[Annotated["Revision", strawberry.lazy("gateway.schema.types.rerating")]]:
        """What rating it again found, in the order of their numbers."""
        found = await related(info).revisions_of.load(self.state.id)
        return [rerating.Revision.from_core(each) for each in found]

    @strawberry.field
    async def html(self, info: Info) -> str | None:
        """The invoice as a page to read and print, without anything from elsewhere."""
        customer = await related(info).customers.load(self.customer_key)
        subscription = await info.context.loaders.subscriptions.load(self.state.key.subscription_id)
        if customer is None:
            return None
        zone = read_zone(subscription.time_zone if subscription else "UTC")
        entity = await related(info).legal_entities.load(self._issued_by())
        paid = (await self._paid_by_credit(info)).amount_minor
        meters = (await info.context.loaders.catalogue()).meters
        legal = await self._legal(info)
        sheet = invoice_sheet(self.state, customer, zone, meters, entity or UNNAMED_ENTITY, paid, legal.number)
        notes = await related(info).credit_notes_of.load(self.state.id)
        return page_of(sheet, [payment_state(self.state)], given_back(notes), legal.url)

    @strawberry.field
    def pdf_url(self) -> str:
        """Where the server has it as PDF, for whoever may see it; sent with the same `Authorization` header."""
        return f"/v1/documents/{self.id}.pdf"

    @strawberry.field
    async def voiding(self, info: Info) -> Voiding | None:
        """Who voided it, and why; a customer token is not told."""
        if info.context.caller.customer is not None:
            return None
        found = await related(info).voidings.load(self.state.id)
        return Voiding(actor=found.actor, reason=found.reason, voided_at=found.voided_at) if found else None

    @strawberry.field
    async def deliveries(
        self, info: Info
    ) -> list[Annotated["Delivery", strawberry.lazy("gateway.schema.types.delivery")]]:
        """How it travels to the provider; a customer token is shown none."""
        if info.context.caller.customer is not None:
            return []
        return [deliveries.Delivery.from_core(each) for each in await related(info).deliveries_of.load(self.state.id)]

    @strawberry.field
    async def pay_url(self, info: Info) -> str | None:
        """The provider's page where the customer can pay it; null where nothing is due, or there is no such page."""
        held = await related(info).held_of.load(self.state.id)
        is_to_be_paid = self.state.payment_status is core.PaymentStatus.UNPAID
        return held.pay_url if held is not None and is_to_be_paid else None

    @strawberry.field
    async def provider_differences(
        self, info: Info
    ) -> list[Annotated["ProviderDifference", strawberry.lazy("gateway.schema.types.provider_difference")]]:
        """Open differences from what the provider holds of it, which it waits for; a customer token is shown none."""
        if info.context.caller.customer is not None:
            return []
        found = await related(info).open_differences_of.load(self.state.id)
        return [differences.ProviderDifference.from_core(each) for each in found]

    @strawberry.field
    async def document_number(self, info: Info) -> str | None:
        """The number of the legal invoice: `number`, or where `numberedBy` is the provider, the one there; null before
        there is one.
        """
        return (await self._legal(info)).number

    async def _legal(self, info: Info) -> LegalDocument:
        is_theirs = self.state.numbered_by is DocumentIssuer.PROVIDER
        return legal_document(self.state, await related(info).held_of.load(self.state.id) if is_theirs else None)

    def _issued_by(self) -> tuple[str, int | None]:
        return self.state.legal_entity, self.state.legal_entity_version

    async def _paid_by_credit(self, info: Info) -> CoreMoney:
        paid = await related(info).paid_by_credit.load(self.state.id)
        return CoreMoney(paid or 0, self.currency)

    @classmethod
    def from_core(cls, invoice: core.Invoice) -> Self:
        """The same invoice."""
        return cls(
            id=strawberry.ID(invoice.id),
            number=invoice.number,
            numbered_by=invoice.numbered_by,
            status=invoice.status,
            payment_status=invoice.payment_status,
            paid_by=invoice.paid_by,
            customer_key=invoice.customer,
            currency=invoice.currency,
            **billed_fields(invoice),
            issued_on=invoice.issued_on,
            due_on=invoice.due_on,
            kind=invoice.key.kind,
            sequence=invoice.key.sequence,
            boundary_at=invoice.key.boundary_at,
            billed_before=[strawberry.ID(each) for each in invoice.billed_before],
            finalized_at=invoice.finalized_at,
            cut_off=Long(invoice.cut_off),
            plan_key=invoice.plan,
            plan_version=invoice.plan_version,
            engine_version=invoice.engine_version,
            inputs_hash=invoice.inputs_hash,
            state=invoice,
        )


def billed_fields(invoice: core.Invoice) -> dict[str, Any]:
    """The totals of an invoice of the core."""
    return {
        "subtotal": Money.from_core(invoice.subtotal),
        "discount": Money.from_core(invoice.discount),
        "net": Money.from_core(invoice.net),
        "tax": Money.from_core(invoice.tax),
        "total": Money.from_core(invoice.total),
        "carried_over": Money.from_core(invoice.carried_over),
        "taxes": TaxTotal.list_from(tax_totals(invoice.lines)),
    }
