"""Grants and instants as the cases write them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from gateway.core.credits.burn_down import CreditUse
from gateway.core.credits.grant import CreditCategory, CreditGrant, RollOver, priority_default
from gateway.core.credits.terms import Term, TermUnit
from gateway.core.periods.period import BillingPeriod, BillingSchedule, Interval, IntervalUnit
from gateway.core.time import read_instant
from tests.corpus.given import Given, UnknownKind

START = datetime(2024, 1, 1, tzinfo=UTC)
QUERY = datetime(2024, 1, 15, tzinfo=UTC)
RESET = datetime(2024, 2, 1, tzinfo=UTC)
AFTER_RESET = datetime(2024, 2, 2, tzinfo=UTC)
MONTH = BillingPeriod(START, RESET)

_NAMED = {
    "period start": START,
    "the reset instant": RESET,
    "at the reset instant": RESET,
    "the query": QUERY,
    "the first reset": RESET,
    "the first": RESET,
}
_UNITS = {
    "min": TermUnit.MINUTE,
    "minute": TermUnit.MINUTE,
    "h": TermUnit.HOUR,
    "hour": TermUnit.HOUR,
    "d": TermUnit.DAY,
    "day": TermUnit.DAY,
    "week": TermUnit.WEEK,
    "month": TermUnit.MONTH,
    "year": TermUnit.YEAR,
}
_LATER = re.compile(r"(?P<count>[0-9.]+) (?P<unit>[a-z]+?)s? after (?P<named>.+)")
_EVERY = re.compile(r"P(?P<count>\d+)(?P<unit>[DWMY])")
_INTERVALS = {"D": IntervalUnit.DAY, "W": IntervalUnit.WEEK, "M": IntervalUnit.MONTH, "Y": IntervalUnit.YEAR}
_CATEGORIES = {
    "paid": CreditCategory.PAID,
    "purchased": CreditCategory.PAID,
    "promotional": CreditCategory.PROMOTIONAL,
    "granted": CreditCategory.PROMOTIONAL,
}


def instant(text: str | None) -> datetime | None:
    """An instant written as such, by a name, or as so long after a named one; None for none."""
    if text is None or text in _NAMED:
        return _NAMED.get(text or "")
    if later := _LATER.fullmatch(text):
        return term(later["count"], later["unit"]).after(_NAMED[later["named"]])
    return read_instant(text)


def term(count: object, unit: str) -> Term:
    """So many of a unit."""
    return Term(Decimal(str(count)), _UNITS[unit])


def nth(ordinal: int) -> datetime:
    """A minute of its own for each ordinal, after every instant at which things are granted."""
    return Term(Decimal(ordinal), TermUnit.MINUTE).after(QUERY)


def grants(given: Given, name: str = "grants", *, rolls_over: bool = False) -> list[CreditGrant]:
    """The grants in a list, named by their place where they have no id."""
    return [grant(one, f"grant {ordinal:04}", rolls_over=rolls_over) for ordinal, one in enumerate(given.parts(name))]


def grant(given: Given, name: str, *, rolls_over: bool = False) -> CreditGrant:
    """One grant; one unit of credit where the case asks only when it is usable."""
    created = instant(given.take("created"))
    # The order of use does not ask what is left.
    balance = given.decimal("balance")
    return CreditGrant(
        id=given.take("id", name),
        amount=given.decimal("amount") or balance or Decimal(1),
        effective_at=_either(given, "effective_at", "effective") or created or START,
        expires_at=_either(given, "expires_at", "expires"),
        voided_at=instant(given.take("voided_at")),
        priority=given.take("priority") or priority_default,
        category=category(given.take("category") or given.take("source")),
        created_at=created,
        refills=refills(given.part("recurrence")) if given.has("recurrence") else None,
        roll_over=roll_over(given) if rolls_over else None,
    )


def _either(given: Given, name: str, other: str) -> datetime | None:
    return instant(given.take(name)) or instant(given.take(other))


def category(name: str | None) -> CreditCategory:
    """What a grant that was given or bought is; bought, where the case does not say."""
    if name is not None and name not in _CATEGORIES:
        raise UnknownKind(f"category {name!r}")
    return _CATEGORIES.get(name or "", CreditCategory.PAID)


def refills(given: Given) -> BillingSchedule:
    """A recurrence such as P7D around its anchor."""
    every = _EVERY.fullmatch(given.take("every"))
    if every is None:
        raise UnknownKind("recurrence")
    interval = Interval(_INTERVALS[every["unit"]], int(every["count"]))
    return BillingSchedule(read_instant(given.take("anchor")), interval, ZoneInfo("UTC"))


def roll_over(given: Given) -> RollOver:
    """What a reset leaves: nothing, where the case does not say."""
    return RollOver(given.number("rollover_max"), given.number("rollover_min"))


def uses(given: Given, name: str = "usage") -> list[CreditUse]:
    """Uses with a time each, named by their place where they have no id."""
    return [
        CreditUse(f"use {ordinal:04}", instant(one.take("at")) or START, one.number("amount"))
        for ordinal, one in enumerate(given.parts(name))
    ]


def uses_in_order(amounts: Sequence[str]) -> list[CreditUse]:
    """Uses one after another, where only their order matters."""
    return [
        CreditUse(f"use {ordinal:04}", nth(ordinal), Decimal(amount)) for ordinal, amount in enumerate(amounts, start=1)
    ]
