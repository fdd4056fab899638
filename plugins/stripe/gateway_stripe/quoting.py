"""What Stripe would make of an invoice: previews, with Stripe Tax or with our taxes as lines."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from stripe.params import InvoiceCreatePreviewParams, InvoiceCreatePreviewParamsInvoiceItem

from gateway.plugin_api import (
    InvoiceDocument,
    InvoiceDocumentLine,
    LineTax,
    Money,
    QuotedLine,
    TaxLine,
    TaxMode,
    TaxQuote,
)
from gateway_stripe.currencies import from_stripe_amount, to_stripe_amount
from gateway_stripe.mapping import OUR_LINE, description_length_max, line_id_of

Rate = tuple[str, Decimal]
"""What Stripe calls a tax rate, and its percentage."""


def to_stripe_preview(invoice: InvoiceDocument) -> InvoiceCreatePreviewParams:
    """The parameters of a preview; nothing of the customer's own is swept into it."""
    return {
        "customer": invoice.customer_ref,
        "currency": invoice.total.currency.lower(),
        "automatic_tax": {"enabled": invoice.tax_mode is TaxMode.QUOTED},
        "discounts": "",
        "invoice_items": [_item(line) for line in invoice.flat_lines],
    }


def from_stripe_preview(
    our_id: str, preview: dict[str, Any], lines: Iterable[dict[str, Any]], rate_of: Callable[[str], Rate]
) -> TaxQuote:
    """The quote that a preview with its lines amounts to; `rate_of` knows Stripe's tax rates by id."""
    currency = preview["currency"]
    quoted = tuple(_quoted(line, currency) for line in lines)
    totals = tuple(_tax(tax, currency, rate_of) for tax in preview.get("total_taxes") or ())
    return TaxQuote(our_id, from_stripe_amount(preview["total"], currency), quoted, totals)


def _item(line: InvoiceDocumentLine) -> InvoiceCreatePreviewParamsInvoiceItem:
    return {
        "amount": to_stripe_amount(line.amount),
        "currency": line.amount.currency.lower(),
        "description": line.description[:description_length_max],
        "discountable": False,
        "period": {"start": int(line.period_start.timestamp()), "end": int(line.period_end.timestamp())},
        "metadata": {OUR_LINE: line.id},
    }


def _quoted(line: dict[str, Any], currency: str) -> QuotedLine:
    taxes = tuple(LineTax(_rate_id(tax), _amount(tax, currency)) for tax in line.get("taxes") or ())
    return QuotedLine(line_id_of(line), from_stripe_amount(line["amount"], currency), taxes)


def _tax(tax: dict[str, Any], currency: str, rate_of: Callable[[str], Rate]) -> TaxLine:
    name, percent = rate_of(_rate_id(tax))
    base = from_stripe_amount(tax.get("taxable_amount") or 0, currency)
    return TaxLine(_rate_id(tax), name, percent, base, _amount(tax, currency))


def _amount(tax: dict[str, Any], currency: str) -> Money:
    return from_stripe_amount(tax["amount"], currency)


def _rate_id(tax: dict[str, Any]) -> str:
    return str((tax.get("tax_rate_details") or {}).get("tax_rate", tax["taxability_reason"]))
