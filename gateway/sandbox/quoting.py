"""Taxes, as the sandbox would compute them: one percentage of each line, rounded half-up."""

from decimal import ROUND_HALF_UP, Decimal

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

_KEY = "sandbox"


def quote(invoice: InvoiceDocument, percent: Decimal) -> TaxQuote:
    """What an invoice would come to: with our taxes as lines, or with the sandbox's."""
    is_quoted = invoice.tax_mode is TaxMode.QUOTED
    lines = tuple(_line(line, percent if is_quoted else Decimal(0)) for line in invoice.flat_lines)
    taxes = (_total(lines, percent, invoice.total.currency),) if is_quoted and percent else ()
    amounts = [line.amount for line in lines] + [tax.amount for tax in taxes]
    return TaxQuote(invoice.id, sum(amounts, Money.zero(invoice.total.currency)), lines, taxes)


def quoted_tax_minor(invoice: InvoiceDocument, percent: Decimal) -> int:
    """The tax that the sandbox adds to an invoice, if that is left to it."""
    return sum(tax.amount.amount_minor for tax in quote(invoice, percent).taxes)


def _line(line: InvoiceDocumentLine, percent: Decimal) -> QuotedLine:
    tax = (line.amount.amount_minor * percent / 100).quantize(Decimal(1), ROUND_HALF_UP)
    taxes = (LineTax(_KEY, Money(int(tax), line.amount.currency)),) if percent else ()
    return QuotedLine(line.id, line.amount, taxes)


def _total(lines: tuple[QuotedLine, ...], percent: Decimal, currency: str) -> TaxLine:
    base = sum((line.amount for line in lines), Money.zero(currency))
    amount = sum((tax.amount for line in lines for tax in line.taxes), Money.zero(currency))
    return TaxLine(_KEY, "Sandbox tax", percent, base, amount)
