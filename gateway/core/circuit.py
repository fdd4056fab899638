"""The circuit of a connection: open while its provider is out of order, so that nobody asks in vain."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

failures_max = 5
"""So many failures in a row, of any documents, open it."""
open_at_first = timedelta(seconds=30)
open_max = timedelta(minutes=15)
asked_to_wait_max = timedelta(hours=1)
"""How long a provider that says when to come back is believed."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """How often a provider failed since it last answered, and until when it is left alone."""

    failures: int = 0
    open_until: datetime | None = None
    reason: str | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether nothing may be asked. When that is over one request tries; if it fails, it is open for longer."""
        return self.open_until is not None and now < self.open_until

    def after_failure(self, now: datetime, reason: str, retry_after: timedelta | None) -> "Circuit":
        """The circuit after a request that was not answered, or that the provider wants later, as it said itself."""
        failures = self.failures + 1
        waits = [now + min(retry_after, asked_to_wait_max)] if retry_after else []
        if failures >= failures_max:
            waits.append(now + min(open_at_first * 2 ** min(failures - failures_max, 10), open_max))
        return replace(self, failures=failures, open_until=max(waits, default=None), reason=reason)


CLOSED = Circuit()
