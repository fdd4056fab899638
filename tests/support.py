"""Clocks and ids that tests decide over."""

from collections import Counter
from datetime import UTC, datetime, timedelta


class FixedClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = datetime(2026, 3, 1, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        """See `Clock.now`."""
        return self._now

    def set(self, now: datetime) -> None:
        """Show `now` from now on."""
        self._now = now

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self._now += by


class CountingIds:
    """Ids that count from 1 for each prefix, so that tests can name and sort them."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def new(self, prefix: str) -> str:
        """See `Ids.new`."""
        self._taken[prefix] += 1
        return f"{prefix}_{self._taken[prefix]:026}"
