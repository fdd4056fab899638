"""What an invoice says."""

from collections.abc import Iterator, Mapping
from typing import TypeGuard
from zoneinfo import ZoneInfo

from gateway.core.invoicing.document_issuer import DocumentIssuer
from gateway.core.invoicing.invoice import Invoice, InvoiceLine, InvoiceStatus
from gateway.core.invoicing.line_units import plural, unit_amount_of, unit_of, units_of
from gateway.core.invoicing.totals import tax_totals
from gateway.core.legal_entity import UNNAMED_ENTITY, LegalEntity
from gateway.core.metering.meter import Meter
from gateway.core.money import Money, with_places
from gateway.core.numbers import grouped
from gateway.core.subscriptions.subscription import Customer
from gateway.documents.references import NO_INVOICE, invoice_remarks
from gateway.documents.sheet import (
    Sheet,
    SheetLine,
    addressee_words,
    day,
    days,
    figure,
    footer_words,
    issuer_words,
    tax_words,
)

unit_length_max = 16
"""Of a unit that stands behind the quantity; a longer one stands beneath what the line is for."""


def invoice_sheet(
    invoice: Invoice,
    customer: Customer,
    zone: ZoneInfo,
    meters: Mapping[str, Meter],
    issuer: LegalEntity = UNNAMED_ENTITY,
    paid_by_credit: int = 0,
    legal_number: str | None = None,
) -> Sheet:
    """The sheet of an invoice, with days in `zone`; `paid_by_credit`, in minor units, leaves the amount due.

    The `meters` know what quantities are measured in. Where the provider numbers the legal invoice, the sheet is of a
    statement that refers to it by `legal_number`, which is known from its delivery on.
    """
    return Sheet(
        title=_title(invoice),
        mark=_mark(invoice),
        issuer=issuer_words(issuer),
        issuer_details=issuer.tax_ids,
        customer=addressee_words(invoice.addressee or customer.addressee),
        facts=(
            ("Customer number", customer.key),
            ("Date", day(invoice.issued_on)),
            *(() if invoice.due_on is None else (("Due", day(invoice.due_on)),)),
            ("Currency", invoice.currency),
            ("Plan", f"{invoice.plan}, version {invoice.plan_version}"),
            *((("Legal invoice", legal_number),) if _is_statement(invoice) and legal_number else ()),
        ),
        currency=invoice.currency,
        lines=tuple(_line(line, zone, unit_of(meters, line.meter, line.meter_version)) for line in invoice.lines),
        totals=tuple(_totals(invoice, Money(paid_by_credit, invoice.currency))),
        remarks=tuple(invoice_remarks(legal_number)) if _is_statement(invoice) else (),
        footer=footer_words(issuer),
        issued_at=invoice.finalized_at,
    )


def _is_statement(invoice: Invoice) -> bool:
    return invoice.number is not None and invoice.numbered_by is DocumentIssuer.PROVIDER


def _title(invoice: Invoice) -> str:
    if invoice.number is None:
        return "Draft of an invoice"
    return f"{'Statement of account' if _is_statement(invoice) else 'Invoice'} {invoice.number}"


def _mark(invoice: Invoice) -> str | None:
    if invoice.status is not InvoiceStatus.FINALIZED:
        return invoice.status.value
    return NO_INVOICE if _is_statement(invoice) else None


def _line(line: InvoiceLine, zone: ZoneInfo, unit: str | None) -> SheetLine:
    shares = [share for share in line.discounts if share.amount.amount_minor]
    discounts = (f"less {figure(share.amount)} by {share.discount}" for share in shares)
    return SheetLine(
        what=line.description,
        details=(*_unit_price(line, unit), *discounts),
        period=days(line.period, zone),
        quantity=_quantity(line, unit),
        amount=figure(line.amount),
    )


def _quantity(line: InvoiceLine, unit: str | None) -> str:
    """The exact quantity, and its unit if that leaves room for the other columns."""
    if line.meter is None:
        return ""
    quantity = grouped(line.quantity)
    return f"{quantity} {units_of(line.quantity, unit)}" if _is_short(unit) else quantity


def _unit_price(line: InvoiceLine, unit: str | None) -> Iterator[str]:
    """What a unit costs, where one price holds for all of them, and a unit that is too long for its column."""
    price = unit_amount_of(line)
    if price is not None:
        yield f"{with_places(price, line.amount.currency):,f} per {unit or 'unit'}"
    elif unit and not _is_short(unit):
        yield f"in {plural(unit)}"


def _is_short(unit: str | None) -> TypeGuard[str]:
    return unit is not None and len(unit) <= unit_length_max


def _totals(invoice: Invoice, paid: Money) -> Iterator[tuple[str, str]]:
    if invoice.discount.amount_minor or invoice.tax.amount_minor:
        yield "Subtotal", figure(invoice.subtotal)
    if invoice.discount.amount_minor:
        yield "Discounts", figure(Money.zero(invoice.currency) - invoice.discount)
    yield from tax_words(tax_totals(invoice.lines))
    yield "Total", figure(invoice.total)
    if invoice.carried_over.amount_minor:
        yield "Carried over as credit", figure(invoice.carried_over)
    if paid.amount_minor:
        yield "Paid by credit", figure(Money.zero(invoice.currency) - paid)
    if paid.amount_minor or invoice.carried_over.amount_minor:
        yield "Amount due", figure(invoice.payable - paid)
