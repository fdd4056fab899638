"""The marketplace's invoices by a road of their own: sums over the sales as they were sent, no code of the gateway."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

Line = dict[str, Any]
Invoice = dict[str, Any]

MONTHS = (date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1))
AFTER = date(2026, 4, 1)
PLACES = {"EUR": "0.01", "USD": "0.01", "JPY": "1", "KWD": "0.001"}
SHOP = {"EUR": "19.00", "USD": "19.00", "JPY": "2500", "KWD": "6.000"}
PER_PAYMENT = {"EUR": "0.25", "USD": "0.30", "JPY": "38.5", "KWD": "0.0125"}
PERCENT = {"EUR": "2.9", "JPY": "3.6", "KWD": "2.25"}
# Up to so much at this percentage, and so on; a volume below zero gets back what its first tier costs.
PERCENT_BY_VOLUME = ((Decimal(5000), Decimal("3.25")), (Decimal(25000), Decimal("2.75")), (None, Decimal("2.1")))


def expected_invoices(sales: Iterable[Mapping[str, Any]], sellers: Mapping[str, tuple[str, str]]) -> list[Invoice]:
    """Every invoice of the quarter by day and seller; `sellers` has the currency and zone of each."""
    volume: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    payments: dict[tuple[str, date], int] = defaultdict(int)
    for sale in sales:
        seller = sale["customer"]
        day = datetime.fromisoformat(sale["occurred_at"]).astimezone(ZoneInfo(sellers[seller][1])).date()
        month = seller, day.replace(day=1)
        volume[month] += Decimal(sale["properties"]["amount"])
        payments[month] += sale["properties"]["kind"] == "payment"
    return [
        _invoice(seller, currency, issued_on, volume, payments)
        for issued_on in (*MONTHS, AFTER)
        for seller, (currency, _) in sorted(sellers.items())
    ]


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the currency's minor unit, half away from zero."""
    return amount.quantize(Decimal(PLACES[currency]), ROUND_HALF_UP)


def _invoice(
    seller: str,
    currency: str,
    issued_on: date,
    volume: Mapping[tuple[str, date], Decimal],
    payments: Mapping[tuple[str, date], int],
) -> Invoice:
    lines: list[Line] = []
    if issued_on in MONTHS:
        lines.append(_line("shop", issued_on, Decimal(1), rounded(Decimal(SHOP[currency]), currency)))
    if issued_on > MONTHS[0]:
        ended = (*MONTHS, AFTER)[(*MONTHS, AFTER).index(issued_on) - 1]
        sold, count = volume.get((seller, ended), Decimal(0)), payments.get((seller, ended), 0)
        lines.append(_line("commission", ended, sold, rounded(_commission(sold, currency), currency)))
        lines.append(
            _line("payments", ended, Decimal(count), rounded(count * Decimal(PER_PAYMENT[currency]), currency))
        )
    return {
        "customer": seller,
        "issued_on": issued_on.isoformat(),
        "currency": currency,
        "total": sum((line["amount"] for line in lines), Decimal(0)),
        "lines": lines,
    }


def _commission(volume: Decimal, currency: str) -> Decimal:
    if currency in PERCENT:
        return volume * Decimal(PERCENT[currency]) / 100
    owed, lower = Decimal(0), Decimal(0)
    for upper, percent in PERCENT_BY_VOLUME:
        top = volume if upper is None or volume < upper else upper
        owed += (top - lower) * percent / 100
        if top == volume:
            break
        lower = top
    return owed


def _line(price: str, starts_on: date, quantity: Decimal, amount: Decimal) -> Line:
    return {"price": price, "period_start": starts_on.isoformat(), "quantity": quantity, "amount": amount}
