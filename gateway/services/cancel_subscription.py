"""Cancel a subscription."""

from gateway.core.subscriptions.phases import cancelled
from gateway.services.installation import Installation
from gateway.services.record_phases import Change, record


def cancel_subscription(installation: Installation, change: Change) -> str:
    """End it; what was planned for later is off. The subscription's id. Raises what `record` raises."""
    return record(installation, change, "cancel subscription", lambda _unit, history, at: cancelled(history, at))
