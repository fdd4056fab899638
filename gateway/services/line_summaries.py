"""An invoice with more lines than a provider takes, as one line for each price, and where every line can be seen."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from operator import add

from gateway.core.money import Money
from gateway.plugin_api import InvoiceDocument, InvoiceDocumentLine, LineTax


def summarised(invoice: InvoiceDocument, lines_max: int, detail_url: str | None) -> InvoiceDocument:
    """The same invoice if it has at most `lines_max` lines, taxes and paid credit included; else one by price.

    Totals and taxes stay as they are. `detail_url` is a pattern with `{id}` or `{number}` of the invoice.
    """
    if len(invoice.flat_lines) <= lines_max:
        return invoice
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
