"""Let a subscription go on that was cancelled."""

from gateway.core.subscriptions.phases import reactivated
from gateway.services.installation import Installation
from gateway.services.record_phases import Change, record


def reactivate_subscription(installation: Installation, change: Change) -> str:
    """Take back an end to come; after an end, begin again on the plan of before. The subscription's id.

    Raises what `record` raises.
    """
    return record(installation, change, "reactivate subscription", lambda _unit, history, at: reactivated(history, at))
