"""Refuse that two subscriptions of a customer price the same meter: events would belong to both."""

from collections.abc import Iterable

from gateway.core.errors import InvalidValue
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.phases import SubscriptionHistory
from gateway.core.subscriptions.subscription import Subscription
from gateway.core.time import instant_text


def refuse_second_price(
    unit: UnitOfWork, wanted: Iterable[Subscription], others: Iterable[SubscriptionHistory]
) -> None:
    """Raise `InvalidValue` if a phase of `others` prices a meter of a `wanted` one at the same time."""
    phases = [phase for history in others for phase in history.billed]
    pairs = [(one, other) for one in wanted for other in phases if other.overlaps(one.starts_at, one.ends_at)]
    if not pairs:
        return
    metered = {(plan.plan, plan.version): plan.metered.keys() for plan in unit.definitions.plans()}
    for one, other in pairs:
        shared = metered[one.plan, one.plan_version] & metered[other.plan, other.plan_version]
        if shared:
            raise InvalidValue(
                f"Subscription {other.key!r} prices the meter {min(shared)!r} {_span(other)};"
                f" events would belong to both: choose a span before or after it"
            )


def _span(phase: Subscription) -> str:
    until = f" until {instant_text(phase.ends_at)}" if phase.ends_at else ""
    return f"from {instant_text(phase.starts_at)}{until}"
