"""What Recurly would make of an invoice: previews of a purchase, with its taxes or with ours as lines."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.plugin_api import InvoiceDocument, LineTax, Money, QuotedLine, TaxLine, TaxQuote
from gateway_recurly.currencies import from_recurly_amount


@dataclass(frozen=True, slots=True)
class PreviewedTax:
    """The tax on a line, at one rate."""

    name: str
    percent: Decimal
    amount: Money

    @property
    def key(self) -> str:
        """What tells one rate from another."""
        return f"{self.name}-{self.percent:f}"


@dataclass(frozen=True, slots=True)
class PreviewedLine:
    """A charge as it would be made; `tax` is None where there is none."""

    amount: Money
    tax: PreviewedTax | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a purchase would come to, its lines in the order in which they were sent."""

    total: Money
    lines: tuple[PreviewedLine, ...]


def from_recurly_preview(invoice: Any) -> Preview:
    """A preview of a charge invoice. Raises `ValueError` for one that cannot be understood."""
    lines = tuple(_line(line, invoice.currency) for line in invoice.line_items)
    return Preview(from_recurly_amount(invoice.total, invoice.currency), lines)


def to_quote(invoice: InvoiceDocument, preview: Preview) -> TaxQuote:
    """The quote that a preview of `invoice` amounts to; its credits are off the charges already."""
    ids = [line.id for line in invoice.flat_lines if line.amount.amount_minor >= 0]
    lines = [
        QuotedLine(our_id, line.amount, (LineTax(line.tax.key, line.tax.amount),) if line.tax else ())
        for our_id, line in zip(ids, preview.lines, strict=True)
    ]
    return TaxQuote(invoice.id, preview.total, lines, tuple(_by_rate(preview.lines)))


def _line(line: Any, currency: str) -> PreviewedLine:
    tax = from_recurly_amount(line.tax, currency)
    # Recurly's amount has the tax in it; the subtotal less the discount has not.
    amount = from_recurly_amount(line.subtotal, currency) - from_recurly_amount(line.discount, currency)
    if not tax.amount_minor:
        return PreviewedLine(amount, None)
    percent = (Decimal(str(line.tax_info.rate)) * 100).normalize()
    return PreviewedLine(amount, PreviewedTax(line.tax_info.type or "tax", percent, tax))


def _by_rate(lines: Iterable[PreviewedLine]) -> Iterable[TaxLine]:
    taxed = [(line.tax, line.amount) for line in lines if line.tax]
    for key in dict.fromkeys(tax.key for tax, _ in taxed):
        at_rate = [(tax, amount) for tax, amount in taxed if tax.key == key]
        first = at_rate[0][0]
        nothing = Money.zero(first.amount.currency)
        base = sum((amount for _, amount in at_rate), nothing)
        yield TaxLine(key, first.name, first.percent, base, sum((tax.amount for tax, _ in at_rate), nothing))
