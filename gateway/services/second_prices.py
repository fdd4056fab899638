"""Refuse that two subscriptions of a customer price the same meter: events would belong to both."""

from collections.abc import Collection, Iterable

from gateway.core.errors import InvalidDefinition
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.phases import SubscriptionHistory
from gateway.core.subscriptions.subscription import Subscription
from gateway.core.time import instant_text


def refuse_second_price(
    unit: UnitOfWork, wanted: Iterable[Subscription], others: Iterable[SubscriptionHistory]
) -> None:
    """Raise `InvalidDefinition` if phases of `others` price meters of a `wanted` one at the same time, with all."""
    phases = [phase for history in others for phase in history.billed]
    pairs = [(one, other) for one in wanted for other in phases if other.overlaps(one.starts_at, one.ends_at)]
    if not pairs:
        return
    metered = {(plan.plan, plan.version): plan.metered.keys() for plan in unit.definitions.plans()}
    shared: dict[Subscription, set[str]] = {}
    for one, other in pairs:
        both = metered[one.plan, one.plan_version] & metered[other.plan, other.plan_version]
        shared.setdefault(other, set()).update(both)
    if faults := [("plan", _fault(other, meters)) for other, meters in shared.items() if meters]:
        raise InvalidDefinition(faults)


def _fault(other: Subscription, meters: Collection[str]) -> str:
    named = f"meter{'s' if len(meters) > 1 else ''} {', '.join(map(repr, sorted(meters)))}"
    priced = f"subscription {other.key!r} prices the {named} {_span(other)}"
    return f"{priced}; events would belong to both: choose a span before or after it"


def _span(phase: Subscription) -> str:
    until = f" until {instant_text(phase.ends_at)}" if phase.ends_at else ""
    return f"from {instant_text(phase.starts_at)}{until}"
