"""What a switch has to know of customers."""

from collections.abc import Sequence

from gateway.core.errors import NotFound
from gateway.core.ports.storage import UnitOfWork
from gateway.services.installation import Installation


def currencies_of(unit: UnitOfWork, customers: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The currencies that customers are billed in, by every subscription that they have or had."""
    plans = {(plan.plan, plan.version): plan.currency for plan in unit.definitions.plans()}
    found: dict[str, set[str]] = {customer: set() for customer in customers}
    for subscription in unit.definitions.subscriptions(customers):
        currency = plans.get((subscription.plan, subscription.plan_version))
        found[subscription.customer] |= {currency} if currency else set()
    return {customer: tuple(sorted(currencies)) for customer, currencies in found.items()}


def require_connection(installation: Installation, connection: str) -> None:
    """Raise `NotFound` for a connection that is not configured."""
    known = [each.connection for each in installation.connections]
    if connection not in known:
        raise NotFound(f"There is no connection {connection!r}; choose one of {', '.join(known)}, or configure it")
