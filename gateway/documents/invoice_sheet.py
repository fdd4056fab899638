"""What an invoice says."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from gateway.core.invoicing.invoice import Invoice, InvoiceLine, InvoiceStatus
from gateway.core.invoicing.totals import tax_totals
from gateway.core.legal_entity import UNNAMED_ENTITY, LegalEntity
from gateway.core.money import Money
from gateway.core.numbers import grouped
from gateway.core.subscriptions.subscription import Customer
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


def invoice_sheet(
    invoice: Invoice,
    customer: Customer,
    zone: ZoneInfo,
    issuer: LegalEntity = UNNAMED_ENTITY,
    paid_by_credit: int = 0,
) -> Sheet:
    """The sheet of an invoice, with days in `zone`; `paid_by_credit`, in minor units, leaves the amount due."""
    return Sheet(
        title=f"Invoice {invoice.number}" if invoice.number else "Draft of an invoice",
        mark=None if invoice.status is InvoiceStatus.FINALIZED else invoice.status.value,
        issuer=issuer_words(issuer),
        issuer_details=issuer.tax_ids,
        customer=addressee_words(invoice.addressee or customer.addressee),
        facts=(
            ("Customer number", customer.key),
            ("Date", day(invoice.issued_on)),
            *(() if invoice.due_on is None else (("Due", day(invoice.due_on)),)),
            ("Currency", invoice.currency),
            ("Plan", f"{invoice.plan}, version {invoice.plan_version}"),
        ),
        currency=invoice.currency,
        lines=tuple(_line(line, zone) for line in invoice.lines),
        totals=tuple(_totals(invoice, Money(paid_by_credit, invoice.currency))),
        remarks=(),
        footer=footer_words(issuer),
        issued_at=invoice.finalized_at,
    )


def _line(line: InvoiceLine, zone: ZoneInfo) -> SheetLine:
    return SheetLine(
        what=line.description,
        details=tuple(
            f"less {figure(share.amount)} by {share.discount}" for share in line.discounts if share.amount.amount_minor
        ),
        period=days(line.period, zone),
        quantity="" if line.meter is None else grouped(line.quantity),
        amount=figure(line.amount),
    )


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
