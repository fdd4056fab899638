"""Cases of invoices: plans, usage, coupons and taxes, and what documents come of them."""

from collections.abc import Mapping

from tests.corpus.adapters.invoices import planned, progressive, stated, usage
from tests.corpus.adapters.invoices.reading import Reading
from tests.corpus.given import Given, UnknownKind


def answer(given: Given) -> Mapping[str, object]:
    """What the core says to a case; what is given tells what it is about."""
    reading = Reading(given)
    if given.has("raw"):
        return stated.rounded_totals(given, reading)
    if given.has("price"):
        return usage.billed_late(given, reading)
    if given.has("plan"):
        return _planned(given, reading)
    if given.has("unused_days"):
        return stated.terminated(given, reading)
    if any(given.has(name) for name in ("old_plan", "replaced", "added", "removed")):
        return planned.changed(given, reading)
    if given.has("lines") or given.has("subtotal"):
        return stated.totalled(given, reading)
    raise UnknownKind("A case of invoices gives a plan, lines, a subtotal, a price or a change")


def _planned(given: Given, reading: Reading) -> Mapping[str, object]:
    plan = planned.Planned(given.part("plan"), reading)
    if plan.thresholds:
        return progressive.billed_between(given, plan, reading)
    if plan.billed_at_once and given.has("events"):
        return usage.billed_per_event(given, plan, reading)
    return planned.drafted(given, plan, reading)
