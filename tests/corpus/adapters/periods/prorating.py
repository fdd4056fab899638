"""Questions about parts of periods: their share, an amount for it, and what a change in the middle comes to."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from zoneinfo import ZoneInfo

from gateway.core.numbers import round_half_up
from gateway.core.periods import BillingPeriod, BillingSchedule, Interval
from gateway.core.proration import FeeChange, Proration, change_fee, share_of, unused_share
from gateway.core.rating import prorated
from tests.corpus.adapters.periods.reading import interval_of, like, moment, period_of, proration_of, zone_of
from tests.corpus.given import Given, UnknownKind

Answer = Mapping[str, object]

_rounded_places_max = 18


def _factor(given: Given) -> Answer:
    zone, by, interval = zone_of(given), proration_of(given), interval_of(given)
    full = given.part("full_period")
    share = _share(given, period_of(full, zone) if full.has("from") else None, interval, zone, by)
    rounded = {f"factor_rounded_{n}": round_half_up(share, n) for n in range(_rounded_places_max)}
    return {"factor": share, **rounded}


def _share(given: Given, whole: BillingPeriod | None, interval: Interval, zone: ZoneInfo, by: Proration) -> Fraction:
    """The share that a stated part is of the whole; a whole that is not stated is the cycle that the part ends."""
    part = period_of(given, zone)
    assert part is not None, "a part has an end"
    return share_of(part, whole or BillingSchedule(part.end, interval, zone).period_at(part.start), by, zone)


def _amount(given: Given) -> Answer:
    zone, by, interval = zone_of(given), proration_of(given), interval_of(given)
    days, full_days = given.take("days"), given.take("full_period_days")
    if days is None:
        share = _share(given, None, interval, zone, by)
    else:
        _require_same("days", int(days), _days_of(given, zone))
        share = Fraction(int(days), int(full_days))
    return {"amount": round_half_up(prorated(given.number("amount"), share), _places(given))}


def _days_of(given: Given, zone: ZoneInfo) -> int | None:
    """How many days the stated part has; None if none is stated."""
    part = period_of(given, zone)
    return None if part is None else part.days(zone)


def _change(given: Given) -> Answer:
    zone, by = zone_of(given), proration_of(given)
    # The period is stated, so the interval is a label.
    given.take("interval")
    whole, changes = period_of(given.part("period"), zone), given.take("change_at")
    assert whole is not None, "a period has an end"
    unused = unused_share(whole, moment(changes, zone), by, zone)
    if (remaining := given.take("remaining")) is not None:
        _require_same("remaining", Fraction(Fraction(remaining), Fraction(given.take("full"))), unused)
    return _amounts(change_fee(*_fees(given), unused, _places(given), is_usage=_is_usage(given)))


def _restart(given: Given) -> Answer:
    zone, by = zone_of(given), proration_of(given)
    whole, changes = period_of(given.part("period"), zone), given.take("change_at")
    assert whole is not None, "a period has an end"
    unused = unused_share(whole, moment(changes, zone), by, zone)
    change = change_fee(*_fees(given), unused, _places(given), is_cycle_restarted=True)
    return {**_amounts(change), "new_period_from": like(changes, zone)(moment(changes, zone))}


def _fees(given: Given) -> tuple[object, object]:
    return given.number("old_amount"), given.number("new_amount")


def _is_usage(given: Given) -> bool:
    return given.take("component", "fee") == "usage"


def _amounts(change: FeeChange | None) -> dict[str, object]:
    if change is None:
        return {"lines": 0, "credit": 0, "charge": 0, "net": 0}
    return {"lines": 2, "credit": change.credit, "charge": change.charge, "net": change.net}


def _places(given: Given) -> int:
    """The places to round to; those of most currencies if the case does not say."""
    rounding = given.part("rounding")
    if (mode := rounding.take("mode", "half_up")) != "half_up":
        raise UnknownKind(f"Amounts of periods are rounded half-up, not {mode}")
    return int(rounding.take("places", 2))


def _require_same(name: str, stated: Fraction | int, counted: Fraction | int | None) -> None:
    """A case may state what follows from its dates; if it says otherwise, one of them is wrong."""
    assert counted is None or stated == counted, f"{name}: {stated} is stated, its dates make it {counted}"


QUESTIONS: Mapping[str, Callable[[Given], Answer]] = {
    "proration factor": _factor,
    "prorated amount": _amount,
    "credit and charge on a mid-period change": _change,
    "change of billing interval restarts the cycle": _restart,
}
