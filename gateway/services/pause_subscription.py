"""Pause a subscription: no events belong to it, and nothing is billed."""

from gateway.core.subscriptions.phases import paused
from gateway.services.installation import Installation
from gateway.services.record_phases import Change, record


def pause_subscription(installation: Installation, change: Change) -> str:
    """Pause it; an end that was agreed stays. The subscription's id. Raises what `record` raises."""
    return record(installation, change, "pause subscription", lambda _unit, history, at: paused(history, at))
