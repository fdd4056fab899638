"""A hold on a connection: its provider refuses the credentials, so nothing is asked of it until a person has acted."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

probe_after = timedelta(minutes=1)
probe_after_max = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ConnectionHold:
    """Why a connection is held since `held_at`, and when it is looked at next whether that is over."""

    reason: str
    remedy: str
    held_at: datetime
    probe_at: datetime
    probes: int = 0

    @classmethod
    def begun(cls, reason: str, remedy: str, now: datetime) -> "ConnectionHold":
        """A new hold."""
        return cls(reason, remedy, now, now + probe_after)

    def probed(self, reason: str, remedy: str, now: datetime) -> "ConnectionHold":
        """This hold after a look that found no end of it; the next ones come less and less often."""
        wait = min(probe_after * 2 ** min(self.probes + 1, 10), probe_after_max)
        return replace(self, reason=reason, remedy=remedy, probes=self.probes + 1, probe_at=now + wait)
