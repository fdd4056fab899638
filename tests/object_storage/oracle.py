"""The storage invoices by a road of their own: the level walked through time, second by second where it changes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

Row = tuple[str, str, Decimal, Decimal]
"""A tenant, the day of issue, gigabyte-months to 12 places, and what they cost."""

_FIRSTS = ((2026, 2, 1), (2026, 3, 1), (2026, 4, 1), (2026, 5, 1))
_TIERS = ((100, "0.05"), (1000, "0.042"), (None, "0.0375"))


def expected_rows(changes: Iterable[Mapping[str, Any]], zones: Mapping[str, str]) -> list[Row]:
    """Every month of every tenant, by day of issue and tenant."""
    by_tenant: dict[str, list[tuple[int, Fraction]]] = {tenant: [] for tenant in zones}
    for change in changes:
        at = int(datetime.fromisoformat(change["occurred_at"]).timestamp())
        by_tenant[change["customer"]].append((at, Fraction(change["properties"]["gigabytes"])))
    rows = [row for tenant, zone in zones.items() for row in _months(tenant, ZoneInfo(zone), by_tenant[tenant])]
    return sorted(rows, key=lambda row: (row[1], row[0]))


def _months(tenant: str, zone: ZoneInfo, changes: list[tuple[int, Fraction]]) -> Iterable[Row]:
    for first, following in pairwise(_FIRSTS):
        begins, ends = (int(datetime(*day, tzinfo=zone).timestamp()) for day in (first, following))
        level, since, held = Fraction(0), begins, Fraction(0)
        for at, change in sorted(changes):
            if at >= ends:
                break
            if at > begins:
                held += level * (at - since)
                since = at
            level += change
        held += level * (ends - since)
        quantity = _rounded(held / (ends - begins), 12)
        yield tenant, "-".join(f"{part:02}" for part in following), quantity, _rounded(_cost(Fraction(quantity)), 2)


def _cost(quantity: Fraction) -> Fraction:
    cost, lower = Fraction(0), Fraction(0)
    for upper, unit_amount in _TIERS:
        top = quantity if upper is None else min(quantity, Fraction(upper))
        cost += (top - lower) * Fraction(unit_amount)
        if top == quantity:
            break
        lower = top
    return cost


def _rounded(number: Fraction, places: int) -> Decimal:
    """Half away from zero; the division has far more digits than that."""
    with localcontext(prec=60):
        return (Decimal(number.numerator) / Decimal(number.denominator)).quantize(
            Decimal(1).scaleb(-places), ROUND_HALF_UP
        )
