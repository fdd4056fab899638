"""Put a subscription on another plan, or on another version of its own."""

from collections.abc import Sequence
from datetime import datetime

from gateway.core.errors import CurrencyMismatch
from gateway.core.plans.plan import PlanVersion
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.phases import SubscriptionHistory, changed_plan
from gateway.core.subscriptions.subscription import Subscription
from gateway.services.installation import Installation
from gateway.services.record_phases import Change, record


def change_plan(installation: Installation, change: Change, plan: str, version: int | None = None) -> str:
    """Go on with `plan`, its newest version by default, from the change on; the subscription's id.

    What was used before is billed at the change by the old plan, and what is left of its fees in advance comes back;
    fees of the new plan are billed for the rest of the period. Another interval begins a cycle of its own. Raises what
    `record` raises, and `CurrencyMismatch` for a plan in another currency.
    """

    def phases(unit: UnitOfWork, history: SubscriptionHistory, at: datetime) -> Sequence[Subscription]:
        wanted = unit.definitions.plan_version(plan, version)
        present = history.phase_at(at)
        _refuse_currency(wanted, unit.definitions.plan_version(present.plan, present.plan_version), history)
        return changed_plan(history, wanted, at)

    return record(installation, change, "change plan", phases, plan=plan, version=version)


def _refuse_currency(wanted: PlanVersion, present: PlanVersion, history: SubscriptionHistory) -> None:
    if wanted.currency != present.currency:
        raise CurrencyMismatch(
            f"Subscription {history.first.key!r} is billed in {present.currency} and plan {wanted.plan!r} in"
            f" {wanted.currency}; cancel it and create another one"
        )
