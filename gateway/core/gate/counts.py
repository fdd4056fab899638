"""Two counts of the same usage, compared; no difference, no human needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from gateway.core.gate.discrepancy import Discrepancy, DiscrepancyKind
from gateway.core.metering.meter import Meter
from gateway.core.metering.recount import CountKey, Recount


@dataclass(frozen=True, slots=True)
class LiveCount:
    """What the live track says about one key: its quantity and how many events it counted."""

    quantity: Decimal
    events: int


def differing_counts(
    live: Mapping[CountKey, LiveCount], counted: Recount, meters: Mapping[str, Meter]
) -> dict[CountKey, Discrepancy]:
    """Every key whose live count differs from the recount by more than its meter tolerates, in a stable order.

    Without a tolerance equal quantities of different numbers of events differ, too.
    """
    keys = sorted(live.keys() | counted.counts.keys(), key=_order)
    found = ((key, _compare(key, live.get(key), counted, meters)) for key in keys)
    return {key: difference for key, difference in found if difference}


def _compare(
    key: CountKey, live: LiveCount | None, counted: Recount, meters: Mapping[str, Meter]
) -> Discrepancy | None:
    count = counted.counts.get(key)
    expected, events = (count.quantity, count.events) if count else (Decimal(0), 0)
    found, found_events = (live.quantity, live.events) if live else (Decimal(0), 0)
    if (expected, events) == (found, found_events):
        return None
    tolerance = meters[key.meter].versions[key.version - 1].tolerance
    if not tolerance.is_zero and tolerance.covers(expected, found):
        return None
    return Discrepancy(
        DiscrepancyKind.COUNT,
        key.meter,
        key.dimensions,
        f"{expected:f}",
        f"{found:f}",
        f"the recount found {events} events, the live count {found_events}",
    )


def _order(key: CountKey) -> tuple[str, object, str, int, object]:
    return (key.subscription_id, key.period_start, key.meter, key.version, key.dimensions)
