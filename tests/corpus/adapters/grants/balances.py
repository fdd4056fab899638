"""What grants have left: at an instant, at the start of every window, under a level."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from gateway.core.credits.burn_down import BurnDown, CreditUse, burn_down
from gateway.core.credits.grant import CreditGrant
from gateway.core.credits.movements import CreditBalances
from gateway.core.credits.questions import balance_of_level, balances_by_window
from gateway.core.credits.terms import Term, TermUnit
from gateway.core.periods.period import BillingPeriod
from gateway.core.periods.windows import Window, split
from gateway.core.time import read_instant
from tests.corpus.adapters.grants.reading import QUERY, START, grants, instant, nth, uses, uses_in_order
from tests.corpus.given import Given, UnknownKind

_WINDOWS = {"PT1M": Window.MINUTE, "PT1H": Window.HOUR, "P1D": Window.DAY}
_DAY = BillingPeriod(START, datetime(2024, 1, 3, tzinfo=START.tzinfo))


def burned_down(given: Given) -> Mapping[str, object]:
    """Balances and overage at an instant."""
    if given.has("grant"):
        return _in_order(given)
    # Usage is measured from the start of the period unless the case names another instant.
    start = instant(given.take("measure_usage_from")) or instant(given.take("period_start")) or START
    starting = {name: Decimal(amount) for name, amount in given.part("starting_balances").items()}
    granted = grants(given)
    run = burn_down(granted, uses(given), instant(given.take("balance_at")) or QUERY, CreditBalances(start, starting))
    return _told(run, granted)


def _in_order(given: Given) -> Mapping[str, object]:
    """One grant, and uses of which only the order is given; with a snapshot in between, in two runs."""
    granted = [CreditGrant("grant", given.number("grant"), START)]
    used = uses_in_order(given.take("usage"))
    if not given.take("snapshot_between", False):
        return _told(burn_down(granted, used, nth(9999)), granted)
    *_, last = used
    first = burn_down(granted, used, last.at)
    second = burn_down(granted, used, nth(9999), first.closing)
    return _told(first.followed_by(second), granted)


def _told(run: BurnDown, granted: Iterable[CreditGrant]) -> Mapping[str, object]:
    return {
        "balances": {grant.id: run.closing.of(grant.id) for grant in granted},
        "balance": run.closing.balance,
        "overage": run.closing.overage,
        "usage": run.used,
        "total_available": run.available,
    }


def history(given: Given) -> Mapping[str, object]:
    """The balance at the start of every window of two days, by the hours since the first."""
    granted = [
        CreditGrant(f"grant {ordinal}", one.number("amount"), _hours(one.take("effective_hour")))
        for ordinal, one in enumerate(given.parts("grants"))
    ]
    used = [
        CreditUse(f"use {ordinal}", read_instant(f"2024-01-01T{one.take('at')}:00Z"), one.number("amount"))
        for ordinal, one in enumerate(given.parts("usage_at_hh_mm"))
    ]
    window = given.take("window")
    if window not in _WINDOWS:
        raise UnknownKind(f"window {window!r}")
    found = balances_by_window(granted, used, split(_DAY, _WINDOWS[window], ZoneInfo("UTC")))
    return {"balance_at_window_start": {str(ordinal): one.balance for ordinal, one in enumerate(found)}}


def _hours(count: str) -> datetime:
    hours = Decimal(count)
    return Term(hours, TermUnit.HOUR).after(START) if hours else START


def level(given: Given) -> Mapping[str, object]:
    """What the last value of a meter leaves of the grants."""
    if given.take("aggregation", "latest") != "latest":
        raise UnknownKind("a level of another aggregation")
    start, at = instant(given.take("period_start")) or START, instant(given.take("balance_at")) or QUERY
    levels = [(use.at, use.amount) for use in uses(given) if use.at >= start]
    return {"balance": balance_of_level(grants(given), levels, at)}
