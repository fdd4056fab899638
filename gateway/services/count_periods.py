"""Count ended periods again from the log, and compare with the live counts of the same position."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.core.errors import GatewayError
from gateway.core.gate.checks import bound_holds, dimension_holds, uncountable_holds, unpriced_holds
from gateway.core.gate.counts import LiveCount, differing_counts
from gateway.core.gate.discrepancy import Discrepancy
from gateway.core.gate.history import UsageBilled, periods_looked_at_max
from gateway.core.invoicing.invoice import MeteredQuantity
from gateway.core.metering.meter import Meter
from gateway.core.metering.recount import Count, CountingScope, CountKey, Recount, Uncountable
from gateway.core.plans.plan import PlanVersion
from gateway.core.ports.storage import UnitOfWork
from gateway.services.counting_rules import load_counting_rules
from gateway.services.due_boundaries import DueBoundary
from gateway.services.find_evidence import with_evidence
from gateway.services.installation import Installation
from gateway.services.period_counts import PeriodQuery, count_live_periods
from gateway.services.project import Projector
from gateway.services.read_log import LogSpan
from gateway.services.recount_log import recount_log

snapshots_max = 20
discrepancies_max = 100


class CountsUnsettled(GatewayError):
    """Live counts that could not be brought to where the recount stands, because definitions kept changing."""

    code = "COUNTS_UNSETTLED"


@dataclass(frozen=True, slots=True)
class CountedPeriod:
    """What was counted for one subscription up to the position `cut_off`, and what keeps it from being trusted.

    `history` is what the usage of periods before it came to, where that is to be compared.
    """

    cut_off: int
    quantities: tuple[MeteredQuantity, ...] = ()
    discrepancies: tuple[Discrepancy, ...] = ()
    history: tuple[UsageBilled, ...] = ()


@dataclass(frozen=True, slots=True)
class CountedBoundary:
    """The counts of every subscription due at one instant, by its id, and the meters they were counted by."""

    meters: Mapping[str, Meter]
    periods: Mapping[str, CountedPeriod]


def count_periods(installation: Installation, projector: Projector, due: Sequence[DueBoundary]) -> CountedBoundary:
    """Count the periods that end at `due` in one pass over the log, on one snapshot.

    The cut-off is the projection's position on that snapshot, which is at or after the head of the log when this was
    called, so both counts are of the same events. Raises `CountsUnsettled`.
    """
    for _ in range(snapshots_max):
        head = projector.catch_up().head
        with installation.storage.snapshot() as unit:
            cut_off = unit.live.position()
            if cut_off >= head and _is_counted_by_present_rules(unit, due):
                return _count(unit, due, cut_off, installation.gate.history is not None)
    raise CountsUnsettled(f"Definitions changed during {snapshots_max} attempts to count; bill again")


def counting_scope(due: DueBoundary, meters: Mapping[str, Meter]) -> CountingScope | None:
    """What to count for a boundary; None where no period ends."""
    if due.boundary.ended is None:
        return None
    priced = tuple(meters[key] for key in sorted(due.plan.metered))
    by_transaction = due.plan.rated_by_transaction
    return CountingScope(due.subscription, due.boundary.ended, priced, by_transaction=by_transaction)


def quantities_of(counts: Mapping[CountKey, Count]) -> tuple[MeteredQuantity, ...]:
    """The quantities to rate, in a stable order."""
    found = [
        MeteredQuantity(key.meter, key.version, key.dimensions, count.quantity, count.transactions)
        for key, count in counts.items()
    ]
    return tuple(sorted(found, key=lambda item: (item.meter, item.version, item.dimensions)))


def _is_counted_by_present_rules(unit: UnitOfWork, due: Sequence[DueBoundary]) -> bool:
    present, counted_by = load_counting_rules(unit).fingerprints(), unit.live.fingerprints()
    return all(counted_by.get(each.subscription.id) == present[each.subscription.id] for each in due)


def _count(unit: UnitOfWork, due: Sequence[DueBoundary], cut_off: int, is_compared: bool) -> CountedBoundary:
    meters = unit.definitions.meters()
    scopes = [scope for each in due if (scope := counting_scope(each, meters))]
    periods = {each.subscription.id: CountedPeriod(cut_off) for each in due}
    if scopes:
        counted, live = _recount(unit, scopes, cut_off), _live_counts(unit, scopes)
        differing = _differences(unit, scopes, counted, live, cut_off)
        history = _history(unit, scopes) if is_compared else {}
        for each in due:
            name = each.subscription.id
            mine = counted.get(name, _NOTHING)
            period = _period(each.plan, mine, differing.get(name, ()), meters, cut_off)
            periods[name] = replace(period, history=history.get(name, ()))
    return CountedBoundary(meters, periods)


_NOTHING = Recount({}, ())


def _recount(unit: UnitOfWork, scopes: Sequence[CountingScope], cut_off: int) -> dict[str, Recount]:
    """The recount of every scope, by its subscription's id."""
    starts, ends = zip(*((scope.counts_from, scope.period.end) for scope in scopes), strict=True)
    span = LogSpan(0, cut_off, min(starts), max(ends))
    counted = recount_log(unit, span, scopes)
    counts: dict[str, dict[CountKey, Count]] = {scope.subscription.id: {} for scope in scopes}
    left_out: dict[str, list[Uncountable]] = {scope.subscription.id: [] for scope in scopes}
    for key, count in counted.counts.items():
        counts[key.subscription_id][key] = count
    for item in counted.uncountable:
        left_out[item.subscription_id].append(item)
    return {name: Recount(counts[name], tuple(left_out[name])) for name in counts}


def _history(unit: UnitOfWork, scopes: Sequence[CountingScope]) -> dict[str, tuple[UsageBilled, ...]]:
    """What the usage of the last periods before came to, by subscription: one statement for all."""
    starts = {scope.subscription.id: scope.period.start for scope in scopes}
    longest = max(scope.whole_period.length for scope in scopes)
    found = unit.invoices.usage_billed(sorted(starts), min(starts.values()) - longest * (periods_looked_at_max + 1))
    return {name: _last_before(starts[name], billed) for name, billed in found.items()}


def _last_before(start: datetime, billed: Sequence[UsageBilled]) -> tuple[UsageBilled, ...]:
    earlier = sorted((each for each in billed if each.period.start < start), key=lambda each: each.period.start)
    return tuple(earlier[-periods_looked_at_max:])


def _differences(
    unit: UnitOfWork,
    scopes: Sequence[CountingScope],
    counted: Mapping[str, Recount],
    live: Mapping[str, Mapping[CountKey, LiveCount]],
    cut_off: int,
) -> dict[str, list[Discrepancy]]:
    """Where the two counts differ, with evidence, by subscription."""
    found: dict[CountKey, Discrepancy] = {}
    for scope in scopes:
        name, meters = scope.subscription.id, {meter.key: meter for meter in scope.meters}
        found |= differing_counts(live.get(name, {}), counted[name], meters)
    by_subscription: dict[str, list[Discrepancy]] = {}
    for key, difference in with_evidence(unit, scopes, found, cut_off).items():
        by_subscription.setdefault(key.subscription_id, []).append(difference)
    return by_subscription


def _live_counts(unit: UnitOfWork, scopes: Sequence[CountingScope]) -> dict[str, dict[CountKey, LiveCount]]:
    """What the live track says about the same periods, by subscription."""
    queries = [
        PeriodQuery(scope.subscription, {meter.key: meter for meter in scope.meters}, scope.period) for scope in scopes
    ]
    found: dict[str, dict[CountKey, LiveCount]] = {}
    for (series, starts_at), count in count_live_periods(unit, queries).items():
        key = CountKey(series.subscription_id, starts_at, series.meter, series.version, series.dimensions)
        found.setdefault(series.subscription_id, {})[key] = LiveCount(count.quantity, count.events)
    return found


def _period(
    plan: PlanVersion,
    counted: Recount,
    differing: Sequence[Discrepancy],
    meters: Mapping[str, Meter],
    cut_off: int,
) -> CountedPeriod:
    quantities = quantities_of(counted.counts)
    discrepancies = (
        *differing,
        *uncountable_holds(counted, meters),
        *dimension_holds(counted, meters),
        *unpriced_holds(plan, quantities),
        *bound_holds(quantities, meters),
    )
    return CountedPeriod(cut_off, quantities, _listed(discrepancies))


def _listed(found: tuple[Discrepancy, ...]) -> tuple[Discrepancy, ...]:
    """The first `discrepancies_max`, and how many more there are."""
    if len(found) <= discrepancies_max:
        return found
    first_left_out, more = found[discrepancies_max], len(found) - discrepancies_max
    rest = Discrepancy(first_left_out.kind, first_left_out.meter, (), "0", str(more), f"{more} more are not listed")
    return (*found[:discrepancies_max], rest)
