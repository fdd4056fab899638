"""End a trial before its time."""

from gateway.core.subscriptions.phases import trial_ended
from gateway.services.installation import Installation
from gateway.services.record_phases import Change, record


def end_trial(installation: Installation, change: Change) -> str:
    """Let a subscription in its trial pay from now on. The subscription's id. Raises what `record` raises."""
    return record(installation, change, "end trial", lambda _unit, history, at: trial_ended(history, at))
