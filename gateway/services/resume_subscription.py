"""Let a paused subscription go on."""

from gateway.core.subscriptions.phases import resumed
from gateway.services.installation import Installation
from gateway.services.record_phases import Change, record


def resume_subscription(installation: Installation, change: Change) -> str:
    """Go on in the cycle of before, with a short period first. The subscription's id. Raises what `record` raises."""
    return record(installation, change, "resume subscription", lambda _unit, history, at: resumed(history, at))
