"""An invoice with more or other lines than a provider takes, as fewer, and where every line can be seen."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from operator import add

from gateway.core.money import Money
from gateway.plugin_api import InvoiceDocument, InvoiceDocumentLine, LineTax, TaxMode


def summarised(invoice: InvoiceDocument, lines_max: int, detail_url: str | None) -> InvoiceDocument:
    """The same invoice if it has at most `lines_max` lines, taxes and paid credit included; else one by price.

    Totals and taxes stay as they are. `detail_url` is a pattern with `{id}` or `{number}` of the invoice.
    """
    return invoice if len(invoice.flat_lines) <= lines_max else _by_price(invoice, detail_url)


def without_credits(invoice: InvoiceDocument, detail_url: str | None) -> InvoiceDocument:
    """The same invoice with no line below zero: credits come off what they are for, line by line of a price, or else
    all is one line over the total. Where the provider computes taxes it stays as it is, for they would not be the same.
    """
    if invoice.tax_mode is TaxMode.QUOTED or not _has_credits(invoice):
        return invoice
    by_price = _by_price(invoice, detail_url)
    return _as_one_line(by_price, len(invoice.lines)) if _has_credits(by_price) else by_price


def _has_credits(invoice: InvoiceDocument) -> bool:
    return any(line.amount.amount_minor < 0 for line in invoice.flat_lines)


def _as_one_line(invoice: InvoiceDocument, lines: int) -> InvoiceDocument:
    line = InvoiceDocumentLine(
        id=f"{invoice.id}:net",
        description=f"{lines} lines, credits and taxes included",
        amount=invoice.total,
        period_start=min(line.period_start for line in invoice.lines),
        period_end=max(line.period_end for line in invoice.lines),
    )
    return replace(invoice, lines=(line,), taxes=(), paid_from_credit=None)


def _by_price(invoice: InvoiceDocument, detail_url: str | None) -> InvoiceDocument:
    prices = dict.fromkeys(line.price for line in invoice.lines)
    lines = (
        _summary(f"{invoice.id}:price-{ordinal}", [line for line in invoice.lines if line.price == price])
        for ordinal, price in enumerate(prices)
    )
    return replace(invoice, lines=tuple(lines), detail_url=detail_url and _filled(detail_url, invoice))


def _summary(our_id: str, lines: Sequence[InvoiceDocumentLine]) -> InvoiceDocumentLine:
    if len(lines) == 1:
        return lines[0]
    descriptions = {line.description for line in lines}
    return InvoiceDocumentLine(
        id=our_id,
        description=descriptions.pop() if len(descriptions) == 1 else f"{lines[0].price}: {len(lines)} lines",
        amount=_sum(line.amount for line in lines),
        period_start=min(line.period_start for line in lines),
        period_end=max(line.period_end for line in lines),
        price=lines[0].price,
        taxes=_taxes(lines),
    )


def _taxes(lines: Sequence[InvoiceDocumentLine]) -> tuple[LineTax, ...]:
    shares = [share for line in lines for share in line.taxes]
    keys = dict.fromkeys(share.key for share in shares)
    return tuple(LineTax(key, _sum(share.amount for share in shares if share.key == key)) for key in keys)


def _sum(amounts: Iterable[Money]) -> Money:
    return reduce(add, amounts)


def _filled(detail_url: str, invoice: InvoiceDocument) -> str:
    return detail_url.replace("{id}", invoice.id).replace("{number}", invoice.number)
