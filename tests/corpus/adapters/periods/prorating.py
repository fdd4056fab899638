"""Questions about parts of periods: their share, an amount for it, and what a change in the middle comes to."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction

from gateway.core.numbers import round_half_up
from gateway.core.periods.period import BillingSchedule
from gateway.core.periods.proration import FeeChange, change_fee, share_of, unused_share
from gateway.core.rating.rate import prorated
from tests.corpus.adapters.periods.reading import interval_of, like, moment, period_of, proration_of, zone_of
from tests.corpus.given import Given, UnknownKind

Answer = Mapping[str, object]

_rounded_places_max = 18


def _factor(given: Given) -> Answer:
    share = _share(given)
    rounded = {f"factor_rounded_{n}": round_half_up(share, n) for n in range(_rounded_places_max)}
    return {"factor": share, **rounded}


def _amount(given: Given) -> Answer:
    return {"amount": round_half_up(prorated(given.number("amount"), _share(given)), _places(given))}


def _share(given: Given) -> Fraction:
    """The share that a part is of its whole: by the days that are stated, or else by the dates."""
    zone, by, interval = zone_of(given), proration_of(given), interval_of(given)
    part, whole = period_of(given, zone), period_of(given.part("full_period"), zone)
    days, full_days = given.take("days"), given.take("full_period_days")
    counted = None if part is None else part.days(zone)
    if full_days is not None:
        _require_same("days", counted if days is None else int(days), counted)
        return Fraction(counted if days is None else int(days), int(full_days))
    assert part is not None, "a part has days or dates"
    # A whole that is not stated is the cycle that the part ends.
    return share_of(part, whole or BillingSchedule(part.end, interval, zone).period_at(part.start), by, zone)


def _change(given: Given) -> Answer:
    # The period is stated, so the interval is a label.
    given.take("interval")
    given.take("interval_count")
    unused, _ = _unused(given)
    return _amounts(change_fee(*_fees(given), unused, _places(given), is_usage=_is_usage(given)))


def _restart(given: Given) -> Answer:
    given.take("interval")
    unused, changes_at = _unused(given)
    change = change_fee(*_fees(given), unused, _places(given), is_cycle_restarted=True)
    return {**_amounts(change), "new_period_from": changes_at}


def _unused(given: Given) -> tuple[Fraction, object]:
    """The share of the period that a change leaves, and when it is."""
    zone, by = zone_of(given), proration_of(given)
    whole, changes = period_of(given.part("period"), zone), given.take("change_at")
    remaining, full = given.take("remaining"), given.take("full")
    stated = None if remaining is None else Fraction(Fraction(remaining), Fraction(full))
    if whole is None:
        assert stated is not None, "a change has a period, or says what remains of it"
        return stated, changes
    unused = unused_share(whole, moment(changes, zone), by, zone)
    _require_same("remaining", unused if stated is None else stated, unused)
    return unused, like(changes, zone)(moment(changes, zone))


def _fees(given: Given) -> tuple[Decimal, Decimal]:
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


def _require_same(name: str, stated: Fraction | int | None, counted: Fraction | int | None) -> None:
    """A case may state what follows from its dates; if it says otherwise, one of them is wrong."""
    assert counted is None or stated == counted, f"{name}: {stated} is stated, its dates make it {counted}"


QUESTIONS: Mapping[str, Callable[[Given], Answer]] = {
    "proration factor": _factor,
    "prorated amount": _amount,
    "credit and charge on a mid-period change": _change,
    "change of billing interval restarts the cycle": _restart,
}
