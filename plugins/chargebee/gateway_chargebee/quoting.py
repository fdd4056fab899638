"""Estimates: what Chargebee would make of an invoice, with its taxes by rate and line."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from gateway.plugin_api import (
    InvoiceDocument,
    InvoiceDocumentLine,
    LineTax,
    NeedsAttention,
    QuotedLine,
    Retryable,
    TaxLine,
    TaxMode,
    TaxQuote,
)
from gateway_chargebee.currencies import from_chargebee_amount
from gateway_chargebee.mapping import MARK, charged_lines, to_chargebee_lines, untaxed_lines

Fields = dict[str, Any]


def to_chargebee_estimate(invoice: InvoiceDocument) -> Fields:
    """The parameters of an estimate, which leaves nothing behind."""
    return {
        "invoice": {"customer_id": invoice.customer_ref, "po_number": MARK + invoice.id},
        "currency_code": invoice.total.currency,
        "auto_collection": "off",
        **to_chargebee_lines(invoice),
    }


def from_chargebee_estimate(estimate: Fields, invoice: InvoiceDocument) -> TaxQuote:
    """The estimate as a quote; taxes of ours, which went out as lines, are taxes again.

    Raises `NeedsAttention` where prices at Chargebee include taxes, and `Retryable` if the lines are not ours.
    """
    found = estimate["invoice_estimate"]
    if found["price_type"] == "tax_inclusive":
        raise NeedsAttention("Prices at this Chargebee site include taxes", "let prices exclude taxes there")
    currency, shares = found["currency_code"], _shares(found, invoice)
    ours = invoice.taxes if invoice.tax_mode is TaxMode.OURS else ()
    return TaxQuote(
        our_id=invoice.id,
        total=from_chargebee_amount(found["total"], currency),
        lines=[_quoted(line, invoice, shares) for line in untaxed_lines(invoice)],
        taxes=[*ours, *_taxes(found)],
    )


def _quoted(line: InvoiceDocumentLine, invoice: InvoiceDocument, shares: dict[str, list[LineTax]]) -> QuotedLine:
    ours = line.taxes if invoice.tax_mode is TaxMode.OURS else ()
    return QuotedLine(line.id, line.amount, (*ours, *shares.get(line.id, ())))


def _shares(found: Fields, invoice: InvoiceDocument) -> dict[str, list[LineTax]]:
    """Chargebee's taxes on each of our lines. They come back in the order in which they were sent."""
    sent, currency, there = charged_lines(invoice), found["currency_code"], found["line_items"]
    if [from_chargebee_amount(line["amount"], currency) for line in there] != [line.amount for line in sent]:
        raise Retryable(f"Chargebee's estimate of invoice {invoice.id} has other lines than were sent")
    ids = {each["id"]: line.id for each, line in zip(there, sent, strict=True)}
    shares: dict[str, list[LineTax]] = defaultdict(list)
    for tax in found.get("line_item_taxes") or []:
        amount = from_chargebee_amount(tax["tax_amount"], currency)
        shares[ids[tax["line_item_id"]]].append(LineTax(_key(tax), amount))
    return shares


def _taxes(found: Fields) -> list[TaxLine]:
    """Chargebee's taxes by rate, each the sum of what it rounded for the lines."""
    amounts: dict[str, int] = defaultdict(int)
    bases: dict[str, int] = defaultdict(int)
    rates: dict[str, tuple[str, Decimal]] = {}
    for tax in found.get("line_item_taxes") or []:
        key = _key(tax)
        amounts[key] += tax["tax_amount"]
        bases[key] += tax["taxable_amount"]
        rates[key] = (tax["tax_name"], Decimal(str(tax["tax_rate"])))
    currency = found["currency_code"]
    return [
        TaxLine(key, *rates[key], from_chargebee_amount(bases[key], currency), from_chargebee_amount(amount, currency))
        for key, amount in amounts.items()
    ]


def _key(tax: Fields) -> str:
    return f"{tax['tax_name']} {tax['tax_rate']}"
