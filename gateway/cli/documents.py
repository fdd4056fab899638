"""Invoices as JSON: quantities plain, amounts with the currency's places, days in the subscription's zone."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from gateway.core.invoicing.invoice import Invoice, InvoiceLine
from gateway.core.invoicing.totals import tax_totals
from gateway.core.money import Money
from gateway.core.numbers import plain
from gateway.core.ports.storage import Storage
from gateway.core.time import local_date


def invoice_documents(storage: Storage, invoices: Sequence[Invoice]) -> list[dict[str, object]]:
    """Each invoice with its lines; their periods begin on a day in the zone of the subscription."""
    ids = sorted({invoice.key.subscription_id for invoice in invoices})
    subscriptions = storage.read(lambda unit: unit.definitions.subscriptions_by_id(ids))
    return [invoice_document(invoice, subscriptions[invoice.key.subscription_id].zone) for invoice in invoices]


def invoice_document(invoice: Invoice, zone: ZoneInfo) -> dict[str, object]:
    """One invoice; its periods begin on a day in `zone`."""
    return {
        "customer": invoice.customer,
        "issued_on": invoice.issued_on.isoformat(),
        "number": invoice.number,
        "status": invoice.status,
        "currency": invoice.currency,
        "total": str(invoice.total),
        **_billed(invoice),
        "lines": [_line_document(line, zone) for line in invoice.lines],
    }


def unissued_document(invoice: Invoice, paid: Money, zone: ZoneInfo) -> dict[str, object]:
    """An invoice that is not made, and what credit would pay of it."""
    due = invoice.payable - paid
    return {**invoice_document(invoice, zone), "paid_by_credit": str(paid), "amount_due": str(due)}


def unissued_sum(invoice: Invoice, paid: Money) -> str:
    """What it comes to in a line: the total and, where there is any, the tax in it and what credit pays."""
    parts = [f"{invoice.total} {invoice.currency}"]
    parts += [f"less {invoice.discount} of discounts"] if invoice.discount.amount_minor else []
    parts += [f"with {invoice.tax} of tax"] if invoice.tax.amount_minor else []
    parts += [f"{paid} of it paid by credit"] if paid.amount_minor else []
    return ", ".join(parts)


def _billed(invoice: Invoice) -> dict[str, object]:
    """What discounts and taxes make of it; nothing where there are none."""
    if not any(line.discounts or line.taxes for line in invoice.lines):
        return {}
    return {
        "subtotal": str(invoice.subtotal),
        "discount": str(invoice.discount),
        "net": str(invoice.net),
        "tax": str(invoice.tax),
        "taxes": {total.rate.key: str(total.amount) for total in tax_totals(invoice.lines)},
    }


def _line_document(line: InvoiceLine, zone: ZoneInfo) -> dict[str, object]:
    return {
        "price": line.price,
        "dimensions": dict(line.dimensions),
        "period_start": local_date(line.period.start, zone).isoformat(),
        "quantity": plain(line.quantity),
        "amount": str(line.amount),
    }
